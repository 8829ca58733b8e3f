//! What OpenAPI 3.0 is made of, as tables: which keys of which object carry interface facts, and how each is kept.
//!
//! No document is touched here: the walk over one is [`super`]'s.

/// The kinds of object that OpenAPI 3.0 knows, as far as they hold more than plain facts.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Document,
    Info,
    Server,
    ServerVariable,
    Tag,
    Components,
    PathItem,
    Operation,
    Parameter,
    Header,
    RequestBody,
    Response,
    Media,
    Encoding,
    Link,
    Callback,
    Schema,
    SecurityScheme,
    Flows,
    Flow,
    OauthScopes,
}

/// How the value of one key is kept.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// As it is: a scalar, or a value of the API's own such as a default.
    Fact,
    /// A boolean that is false unless said: saying false is the same as silence.
    Flag,
    /// A text where it is short enough to be a name, not a sentence.
    Title,
    /// A list whose order and repetitions mean nothing; an empty one is the same as silence.
    Set,
    /// A set of scopes: what lets an app change something first, as that is what its owner weighs, then by name.
    Grants,
    /// An object of this kind.
    One(Kind),
    /// An object of this kind, or a boolean.
    OneOrFlag(Kind),
    /// A map from names that the API chooses.
    Names(Kind),
    /// A map whose `x-` keys are not entries but extensions.
    Entries(Kind),
    /// A list whose order says something.
    List(Kind),
    /// A list whose order means nothing, sorted by the given keys; an empty one is the same as silence.
    Sorted(Kind, [&'static str; 3]),
    /// Security requirements: alternatives, each a map from a scheme to a set of scopes. An empty list means "open
    /// to all" and stays.
    Security,
    /// A map from scopes to sentences: the scopes stay, the sentences go.
    Scopes,
}

/// What parameters are sorted by.
pub(super) const PARAMETERS: [&str; 3] = ["in", "name", "$ref"];

/// The keys of a kind of object that carry interface facts, and how each is kept.
///
/// Parameters are sorted although upstream lists them in some order: the order has no meaning on the wire,
/// editing the documentation moves it, and the generator orders arguments by the path's template and by name.
/// The first of several servers is the default, and the order of `oneOf` and `anyOf` decides which alternative a
/// reader tries first, so these three keep theirs.
pub(super) fn grammar(kind: Kind) -> &'static [(&'static str, Part)] {
    use Kind::*;
    use Part::*;
    match kind {
        Document => &[
            ("components", One(Components)),
            ("info", One(Info)),
            ("openapi", Fact),
            ("paths", Entries(PathItem)),
            ("security", Security),
            ("servers", List(Server)),
            ("tags", Sorted(Tag, ["name", "", ""])),
        ],
        Info => &[("version", Fact)],
        Server => &[("url", Fact), ("variables", Names(ServerVariable))],
        ServerVariable => &[("default", Fact), ("enum", Set)],
        Tag => &[("name", Fact)],
        Components => &[
            ("callbacks", Names(Callback)),
            ("headers", Names(Header)),
            ("links", Names(Link)),
            ("parameters", Names(Parameter)),
            ("requestBodies", Names(RequestBody)),
            ("responses", Names(Response)),
            ("schemas", Names(Schema)),
            ("securitySchemes", Names(SecurityScheme)),
        ],
        PathItem => &[
            ("$ref", Fact),
            ("delete", One(Operation)),
            ("get", One(Operation)),
            ("head", One(Operation)),
            ("options", One(Operation)),
            ("parameters", Sorted(Parameter, PARAMETERS)),
            ("patch", One(Operation)),
            ("post", One(Operation)),
            ("put", One(Operation)),
            ("servers", List(Server)),
            ("trace", One(Operation)),
        ],
        Operation => &[
            ("callbacks", Names(Callback)),
            ("deprecated", Flag),
            ("operationId", Fact),
            ("parameters", Sorted(Parameter, PARAMETERS)),
            ("requestBody", One(RequestBody)),
            ("responses", Entries(Response)),
            ("security", Security),
            ("servers", List(Server)),
            ("summary", Title),
            ("tags", Set),
            // A word such as READ or ADMIN: what an app has to be granted, so a fact like the scopes.
            ("x-atlassian-connect-scope", Fact),
            ("x-atlassian-oauth2-scopes", Sorted(OauthScopes, ["state", "scheme", ""])),
            ("x-experimental", Flag),
        ],
        OauthScopes => &[("scheme", Fact), ("scopes", Grants), ("state", Fact)],
        Parameter => &[
            ("$ref", Fact),
            ("allowEmptyValue", Flag),
            ("allowReserved", Flag),
            ("content", Names(Media)),
            ("deprecated", Flag),
            ("explode", Fact),
            ("in", Fact),
            ("name", Fact),
            ("required", Flag),
            ("schema", One(Schema)),
            ("style", Fact),
            ("x-experimental", Flag),
        ],
        Header => &[
            ("$ref", Fact),
            ("allowEmptyValue", Flag),
            ("allowReserved", Flag),
            ("content", Names(Media)),
            ("deprecated", Flag),
            ("explode", Fact),
            ("required", Flag),
            ("schema", One(Schema)),
            ("style", Fact),
        ],
        RequestBody => &[("$ref", Fact), ("content", Names(Media)), ("required", Flag)],
        Response => &[
            ("$ref", Fact),
            ("content", Names(Media)),
            ("headers", Names(Header)),
            ("links", Names(Link)),
            ("x-experimental", Flag),
        ],
        Media => &[("encoding", Names(Encoding)), ("schema", One(Schema))],
        Encoding => &[
            ("allowReserved", Flag),
            ("contentType", Fact),
            ("explode", Fact),
            ("headers", Names(Header)),
            ("style", Fact),
        ],
        Link => &[
            ("$ref", Fact),
            ("operationId", Fact),
            ("operationRef", Fact),
            ("parameters", Fact),
            ("requestBody", Fact),
            ("server", One(Server)),
        ],
        Callback => &[],
        Schema => &[
            ("$ref", Fact),
            ("additionalProperties", OneOrFlag(Schema)),
            ("allOf", List(Schema)),
            ("anyOf", List(Schema)),
            ("default", Fact),
            ("deprecated", Flag),
            ("discriminator", Fact),
            ("enum", Set),
            ("exclusiveMaximum", Flag),
            ("exclusiveMinimum", Flag),
            ("format", Fact),
            ("items", One(Schema)),
            ("maxItems", Fact),
            ("maxLength", Fact),
            ("maxProperties", Fact),
            ("maximum", Fact),
            ("minItems", Fact),
            ("minLength", Fact),
            ("minProperties", Fact),
            ("minimum", Fact),
            ("multipleOf", Fact),
            ("not", One(Schema)),
            ("nullable", Flag),
            ("oneOf", List(Schema)),
            ("pattern", Fact),
            ("properties", Names(Schema)),
            ("readOnly", Flag),
            ("required", Set),
            ("type", Fact),
            ("uniqueItems", Flag),
            ("writeOnly", Flag),
            ("x-experimental", Flag),
        ],
        SecurityScheme => &[
            ("$ref", Fact),
            ("bearerFormat", Fact),
            ("flows", One(Flows)),
            ("in", Fact),
            ("name", Fact),
            ("openIdConnectUrl", Fact),
            ("scheme", Fact),
            ("type", Fact),
        ],
        Flows => &[
            ("authorizationCode", One(Flow)),
            ("clientCredentials", One(Flow)),
            ("implicit", One(Flow)),
            ("password", One(Flow)),
        ],
        Flow => &[("authorizationUrl", Fact), ("refreshUrl", Fact), ("scopes", Scopes), ("tokenUrl", Fact)],
    }
}

/// Keys that are known to hold documentation, looks or legal notes, so that leaving them out is no news.
pub(super) const PROSE: [&str; 12] = [
    "contact",
    "description",
    "example",
    "examples",
    "externalDocs",
    "license",
    "summary",
    "termsOfService",
    "title",
    "xml",
    "x-atlassian-data-security-policy",
    "x-atlassian-narrative",
];
