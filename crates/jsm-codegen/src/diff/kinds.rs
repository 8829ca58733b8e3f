//! The closed list of what can change: every kind by its name and its meaning.
//!
//! How much a kind matters to a program is in [`super::rules`].

use serde::{Serialize, Serializer};

/// Declares the kinds once, so that the list, the names and the meanings cannot drift apart.
macro_rules! kinds {
    ($($kind:ident $name:literal $meaning:literal;)*) => {
        /// What changed. The list is closed: a program that reads the JSON form may match on the names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(#[doc = concat!("`", $name, "`: ", $meaning)] $kind,)*
        }

        impl Kind {
            /// Every kind, in the order in which a page lists them.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind),*];

            /// The name in the JSON form.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name,)* }
            }

            /// What the kind means, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Kind::$kind => $meaning,)* }
            }
        }
    };
}

kinds! {
    OperationAdded "operation-added" "An operation that was not there.";
    OperationRemoved "operation-removed" "An operation that is gone.";
    OperationMoved "operation-moved" "The same operationId is at another path or method.";
    OperationRenamed "operation-renamed" "The same path and method carry another operationId or x-jsm-name.";
    OperationRegrouped "operation-regrouped" "The operation is in another Rust module (x-jsm-group).";
    ExperimentalAdded "experimental-added" "The operation became experimental.";
    ExperimentalDropped "experimental-dropped" "The operation is experimental no more.";
    DeprecatedAdded "deprecated-added" "Something became deprecated.";
    DeprecatedDropped "deprecated-dropped" "Something is deprecated no more.";
    ScopeAdded "scope-added" "A set of scopes that sufficed for the operation does not any more.";
    ScopeRemoved "scope-removed" "Fewer or other scopes suffice too, and what sufficed before still does.";
    PaginationAdded "pagination-added" "The operation can be read page after page (x-jsm-pagination).";
    PaginationDropped "pagination-dropped" "The operation can be read page after page no more.";
    PaginationChanged "pagination-changed" "The operation's pages are asked for in another way.";
    IdempotentAdded "idempotent-added" "The operation may be sent again after a failure (x-jsm-idempotent).";
    IdempotentDropped "idempotent-dropped" "The operation may not be sent again after a failure.";
    UploadChanged "upload-changed" "What the operation uploads is another part, or it started or ceased to upload.";
    RateLimitChanged "rate-limit-changed" "A known rate limit or batch limit is another (x-jsm-rate-limit, x-jsm-batch-limit).";
    AnnotationAdded "annotation-added" "An annotation gives the operation or the type something more (x-jsm-).";
    AnnotationDropped "annotation-dropped" "What an annotation gave is gone.";
    AnnotationChanged "annotation-changed" "An annotation makes something else of the operation, the type or the API.";
    ParameterAdded "parameter-added" "A parameter that was not there.";
    ParameterRemoved "parameter-removed" "A parameter that is gone.";
    ParameterRenamed "parameter-renamed" "A path parameter has another name at the same position.";
    ParameterMoved "parameter-moved" "A parameter is elsewhere in the request: query, path, header or cookie.";
    ParameterRequired "parameter-required" "An optional parameter became required.";
    ParameterOptional "parameter-optional" "A required parameter became optional.";
    OrderChanged "order-changed" "Path parameters or required properties come in another order.";
    ParameterStyleChanged "parameter-style-changed" "A parameter is written otherwise (style, explode).";
    BodyAdded "body-added" "A request body where there was none.";
    BodyRemoved "body-removed" "The request body is gone.";
    BodyRequired "body-required" "An optional request body became required.";
    BodyOptional "body-optional" "A required request body became optional.";
    MediaTypeAdded "media-type-added" "A body or a response is documented in one more media type.";
    MediaTypeRemoved "media-type-removed" "A media type of a body or a response is gone.";
    ResponseAdded "response-added" "A status that was not documented.";
    ResponseRemoved "response-removed" "A status that is documented no more.";
    ResponseRenumbered "response-renumbered" "The same success has another status.";
    SchemaAdded "schema-added" "A schema that was not there.";
    SchemaRemoved "schema-removed" "A schema that is gone.";
    SchemaRenamed "schema-renamed" "A schema of the same or nearly the same structure has another name.";
    PropertyAdded "property-added" "A property that was not there.";
    PropertyRemoved "property-removed" "A property that is gone.";
    PropertyRequired "property-required" "A property that could be missing or null cannot any more.";
    PropertyOptional "property-optional" "A property that was always there may be missing or null.";
    TypeChanged "type-changed" "The type is another one.";
    FormatChanged "format-changed" "The format is another one, with the same Rust type.";
    NullableAdded "nullable-added" "Null is a value now.";
    NullableDropped "nullable-dropped" "Null is no value any more.";
    EnumValueAdded "enum-value-added" "An enum lists one more value.";
    EnumValueRemoved "enum-value-removed" "An enum lists a value no more.";
    DefaultAdded "default-added" "A default is documented where none was.";
    DefaultRemoved "default-removed" "A documented default is gone.";
    DefaultChanged "default-changed" "The documented default is another value.";
    LimitTightened "limit-tightened" "A length, range or pattern allows less, or allows other values.";
    LimitLoosened "limit-loosened" "A length, range or pattern allows more.";
    VariantAdded "variant-added" "A oneOf or anyOf has one more alternative.";
    VariantRemoved "variant-removed" "An alternative of a oneOf or anyOf is gone.";
    PartAdded "part-added" "An allOf includes one more schema.";
    PartRemoved "part-removed" "An allOf includes a schema no more.";
}

impl Kind {
    /// Whether the kind says that something is gone: then its pointer leads into the old document.
    pub fn is_removal(self) -> bool {
        matches!(
            self,
            Kind::OperationRemoved
                | Kind::ParameterRemoved
                | Kind::BodyRemoved
                | Kind::MediaTypeRemoved
                | Kind::ResponseRemoved
                | Kind::SchemaRemoved
                | Kind::PropertyRemoved
                | Kind::EnumValueRemoved
                | Kind::VariantRemoved
                | Kind::PartRemoved
        )
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
