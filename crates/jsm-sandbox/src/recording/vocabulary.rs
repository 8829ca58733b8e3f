//! Words that name no person: those of the documents, and those of the platform that the documents leave out.
//!
//! What is not here is replaced. A missing word costs a readable fixture, a wrong one a person's secret: add only words that
//! Atlassian's servers write, in lower case.

use std::collections::HashSet;
use std::sync::OnceLock;

use jsm_raw::{Document, OperationInfo};
use serde_json::Value;

use crate::handlers::table::APIS;

/// Words of property names that servers send and no document lists.
const WORDS: &str = "aaid access answered app application approvals approve archived argument arguments asset assets assigned \
    assignee assignees atl attempt attrs auth authenticated batch block blocked bulk bullet button \
    calculated cell client cloud cmdb codes collaborator columns comparator component components conditions \
    config connect containers contentful contents copy core counts created creator cursors customfield \
    customizations customized data dates days declined deleted denied deprecated depth details direction \
    disabled disposition doc document domain done draft due edit editable editor element elements empty \
    enabled end entries entry environment estimate event events exists expired expires external failed \
    failure feature features feedback filter filters first fix flag flags fonts function global groupid has \
    heading hidden hierarchy html http hub inclusion indent info inline input insert instance int integer \
    internal invitation invite invited is joined json kind knowledge language languages layer level line \
    lines list locale locked log logged login logo long lookup manage managed mark markdown marks media \
    member members meta method min missing mode model modified more multi mutable namespace nested new no node \
    nodes none not note notification notifications now null number object objects offset old on one open \
    operator optional or order ordered outcome output owner ownership paragraph parent partner parts path \
    percent period phone photo picture plain policy portals prefix presentation previous primary priority \
    private product progress projecttypekey prose query queue queues quota rank rate raw ready redirect ref \
    reference region related relative remote renamed render replies reply request resolution resource \
    resources response responses restricted result retry revision rich role roles root row rows rule rules \
    sandbox score search section security sent sequence server service session sets short show sizes slas \
    sort state statuses step steps store strategy string style sub subject subtask succeeded success \
    suggestion support tab table tabs tags task tasks template tenant text theme thumbnails ticket tier \
    timestamp timetracking token top track transition translated translation tree trigger true types unit \
    unknown unresolved upload uploaded used valid vendor view views votes warning warnings watchers watches \
    watching wiki worklog worklogs write zone";

/// The fields of issues that the platform has.
const FIELDS: &str = "summary description duedate components priority labels attachment issuetype project reporter assignee \
    status resolution created updated environment fixVersions versions security timetracking parent subtasks \
    issuelinks comment worklog votes watches creator resolutiondate lastViewed statuscategorychangedate \
    timespent timeestimate timeoriginalestimate aggregatetimespent progress key id";

/// What types fields and what marks rich texts.
const TYPES: &str = "string array option option-with-child user date datetime number project issuetype priority any component \
    version group securitylevel resolution status progress timetracking comments-page issuelinks sd-customerrequesttype sd-customerorganization sd-servicelevelagreement sd-approvals sd-feedback sd-request-lang cmdb-object-field organization form json service-entity-field sla text doc paragraph \
    heading bulletList orderedList listItem codeBlock blockquote panel table tableRow tableCell tableHeader \
    hardBreak mention emoji inlineCard mediaSingle mediaGroup media rule link strong em code strike \
    xsmall small medium large xlarge underline confluence wiki Bearer known atlassian customer app";

/// The words of constants, such as the statuses of tasks and the codes of errors.
const CONSTANTS: &str = "ALREADY APPROVAL BAD CANCEL CANCELED CANCELLED COMPLETE COMPLETED CONFLICT CREATE CREATED DEAD DELETE \
    DONE ENQUEUED ERROR ERRORS EXCEEDED EXISTS FAILED FAILURE FAILURES FINISHED FORBIDDEN FOUND GATEWAY IN \
    INTERNAL INVALID LIMIT MANY METHOD NEW NOT OPEN PARTIAL PARTIALLY PATCH PENDING PRECONDITION PROCESSING \
    PROGRESS QUEUED RATE REQUEST REQUESTED REQUESTS RESTRICTED RUNNING SCHEDULED SERVER SERVICE STARTED \
    SUBMITTED SUCCEEDED SUCCESS SUCCESSFUL TIMEOUT TOO UNAUTHORIZED UNAVAILABLE UNKNOWN UNSUPPORTED UPDATE \
    UPSERT VALIDATION WAITING WITH";

/// The properties whose texts are names of the platform, not of people.
const STRUCTURAL: &str = "_expands expand field fieldId fields items orderBy properties size system token_type type accountType custom";

/// The properties whose small numbers count or order something.
const NUMBERS: &str = "attempts code count expires_in height index level limit maxResults order page percent position progress \
    size start startAt status statusCode total version weight width";

/// Fixed segments of paths beside the documented ones.
const SEGMENTS: &str = "SD_REQTYPE _edge accessible-resources agent api attachment avatar browse cloudid comment content csm customer customers ex \
    field file issue issuetype jira jsm latest login myself oauth organization organizations permissions \
    portal portals priority project projectavatar projects property queues rest search secure servicedesk \
    servicedeskapi status statuscategory statuses tenant_info thumbnail token transitions type universal_avatar \
    user useravatar users view viewavatar";

/// The formats of media types.
const FORMATS: &str = "aac avif bmp css csv flac gif gzip heic html javascript jpeg json markdown mp3 mp4 mpeg msword octet-stream ogg pdf plain png problem+json quicktime rtf svg+xml tiff wav webm webp x-www-form-urlencoded \
    form-data xml yaml zip x-zip-compressed vnd.ms-excel vnd.openxmlformats-officedocument.spreadsheetml.sheet vnd.openxmlformats-officedocument.wordprocessingml.document";

/// Hosts of Atlassian that name no site.
const HOSTS: &str = "api.atlassian.com auth.atlassian.com id.atlassian.com api.media.atlassian.com avatar-management--avatars.us-west-2.prod.public.atl-paas.net secure.gravatar.com start.atlassian.com";

/// What servers write where no code says it. Clients know errors by these words.
const PHRASES: &[&str] = &[
    "scope does not match",
    "insufficient scope",
    "insufficient_scope",
    "site temporarily unavailable",
    "atlassian cloud notifications",
    "page unavailable",
    "maximum number of tasks reached",
    "xsrf check failed",
    "refresh_token is invalid",
    "unknown or invalid refresh token",
    "authorization code",
    "invalid_grant",
    "unauthorized_client",
    "access_denied",
    "unauthorized",
    "unauthenticated",
    "not found",
    "forbidden",
    "bad request",
    "too many requests",
    "rate limit exceeded",
    "internal server error",
    "service unavailable",
    "bad gateway",
    "gateway timeout",
    "request rejected",
];

/// Operators, functions and fields of queries in JQL.
const JQL: &str = "and or not in is was changed empty null order by asc desc from to on during before after project \
    issuetype type status statuscategory reporter assignee creator created updated resolved resolution \
    priority duedate due labels component text summary description comment key id issue issuekey filter \
    organizations currentuser now startofday endofday startofweek endofweek startofmonth endofmonth \
    startofyear endofyear membersof unresolved done request channel sla";

/// The words of the documents.
struct Documented {
    names: HashSet<String>,
    words: HashSet<String>,
    segments: HashSet<&'static str>,
}

fn documented() -> &'static Documented {
    static DOCUMENTED: OnceLock<Documented> = OnceLock::new();
    DOCUMENTED.get_or_init(|| {
        let mut names = HashSet::new();
        for document in APIS.iter().filter_map(|api| Document::of(api.name)) {
            gather(document.json(), &mut names);
        }
        let mut words: HashSet<String> = WORDS.split_whitespace().map(str::to_owned).collect();
        for name in &names {
            words.extend(split(name));
            words.extend(split(&name.to_ascii_lowercase()));
        }
        let paths = APIS.iter().flat_map(|api| api.operations).flat_map(|info| paths(info));
        let segments = paths.flat_map(|path| path.split('/')).filter(|segment| !segment.starts_with('{'));
        Documented { names, words, segments: segments.collect() }
    })
}

fn paths(info: &'static OperationInfo) -> [&'static str; 3] {
    [info.path, info.base.site.unwrap_or_default(), info.base.gateway.unwrap_or_default()]
}

/// The names of all properties and parameters, and the values of all enums.
fn gather(node: &Value, names: &mut HashSet<String>) {
    match node {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                names.extend(properties.keys().cloned());
            }
            if let (Some(Value::String(name)), Some(Value::String(_))) =
                (members.get("name"), members.get("in"))
            {
                names.insert(name.clone());
            }
            let listed = members.get("enum").and_then(Value::as_array).into_iter().flatten();
            names.extend(listed.filter_map(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| gather(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, names)),
        _ => {}
    }
}

/// The words of a name in any case, in small letters.
fn split(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            spaced.push(' ');
        }
        spaced.push(if matches!(letter, '_' | '-' | '.') { ' ' } else { letter.to_ascii_lowercase() });
        before = letter;
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// Whether a name of a property or parameter consists of known words, and cannot be a person's.
pub(super) fn is_name(name: &str) -> bool {
    if documented().names.contains(name) {
        return true;
    }
    // The sizes of avatars: `48x48`.
    let is_size =
        |text: &str| (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if name.split_once('x').is_some_and(|(width, height)| is_size(width) && is_size(height)) {
        return true;
    }
    let starts_small = name.trim_start_matches('_').starts_with(|c: char| c.is_ascii_lowercase());
    starts_small && are_known(name, &split(name))
}

/// Whether a text consists of known words, as a value of an enum does that no document lists so far.
pub(super) fn is_words(text: &str) -> bool {
    are_known(text, &split(&text.to_ascii_lowercase()))
}

fn are_known(text: &str, words: &[String]) -> bool {
    text.len() <= 60
        && text.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'))
        && !words.is_empty()
        && words.iter().all(|word| documented().words.contains(word))
}

/// Whether it is a field of issues that every site has.
pub(super) fn is_field(name: &str) -> bool {
    has(FIELDS, name)
}

/// Whether a text is a constant such as `IN_PROGRESS` or `NEW_SLA_FORMAT`.
pub(super) fn is_constant(text: &str) -> bool {
    let is_upper = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    text.split('_').all(|word| has(CONSTANTS, word)) || is_upper && text.contains('_') && is_words(text)
}

/// Whether a text of a property is a name of the platform.
pub(super) fn is_structural(property: &str, text: &str) -> bool {
    match property {
        "i18nKey" | "reasonKey" => is_key(text),
        "mimeType" | "mediaType" => is_media_type(text),
        _ if has(STRUCTURAL, property) => {
            has(TYPES, text) || is_field(text) || is_name(text) || is_custom_type(text)
        }
        _ => false,
    }
}

/// Whether it is a key of a message, such as `sd.error.not.found`.
fn is_key(text: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    ["sd.", "jira.", "jsm.", "csm."].iter().any(|start| text.starts_with(start))
        && text.len() <= 120
        && text.split('.').all(is_part)
}

/// Whether it is the type of a custom field of Atlassian's own apps.
fn is_custom_type(text: &str) -> bool {
    let Some((app, name)) = text.split_once(':') else { return false };
    let is_part =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'.'));
    let apps = ["com.atlassian.jira.plugin.system.customfieldtypes", "com.atlassian.servicedesk"];
    (apps.contains(&app) || app.starts_with("com.atlassian.servicedesk."))
        && is_part(app)
        && is_part(name)
        && name.len() <= 40
}

/// Whether it is a media type that names no one's format.
pub(super) fn is_media_type(text: &str) -> bool {
    let Some((kind, format)) = text.split_once('/') else { return false };

    ["application", "audio", "image", "multipart", "text", "video"].contains(&kind) && has(FORMATS, format)
}

/// The end of a file's name, if it is a usual one.
pub(super) fn extension(name: &str) -> String {
    const KNOWN: &str = " bmp css csv doc docx gif htm html jpeg jpg json log md mov mp3 mp4 pdf png ppt pptx svg txt wav webp xls xlsx xml zip ";
    let end = name.rsplit_once('.').map_or(String::new(), |(_, end)| end.to_ascii_lowercase());
    if !end.contains(' ') && KNOWN.contains(&format!(" {end} ")) { format!(".{end}") } else { String::new() }
}

/// Whether the number of a property counts something, and cannot be an id.
pub(super) fn is_count(property: &str) -> bool {
    has(NUMBERS, property)
}

/// Whether a segment of a path is fixed.
pub(super) fn is_segment(segment: &str) -> bool {
    segment.is_empty() || has(SEGMENTS, segment) || documented().segments.contains(segment)
}

/// Whether a host is one of all sites.
pub(super) fn is_host(host: &str) -> bool {
    has(HOSTS, host)
}

/// The words in a text that clients know errors by, in small letters.
pub(super) fn phrase(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    PHRASES.iter().copied().find(|phrase| text.contains(phrase))
}

/// Whether a text is nothing but such words.
pub(super) fn is_phrase(text: &str) -> bool {
    let mut rest = text.to_lowercase();
    for phrase in PHRASES {
        rest = rest.replace(phrase, "");
    }
    rest.len() < text.len() && rest.chars().all(|c| c.is_ascii_punctuation() || c == ' ')
}

/// Whether a word of a JQL query is one of the language, or a field that all sites have.
pub(super) fn is_jql(word: &str) -> bool {
    has(JQL, &word.to_ascii_lowercase())
}

/// Whether a word is in a list of words.
fn has(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_servers_are_known_and_names_of_people_are_not() {
        for name in [
            "displayName",
            "_links",
            "autoCompleteUrl",
            "restrictionStatus",
            "48x48",
            "portal-only",
            "access_token",
        ] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "Ada",
            "ada",
            "adaLovelace",
            "ada@example.com",
            "Name",
            "",
            "_",
            "Łukasz",
            "tok3n",
            "display name",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn constants_keys_and_types_are_those_of_the_platform() {
        for (known, text) in [
            (is_constant("IN_PROGRESS"), "IN_PROGRESS"),
            (is_constant("NEW_SLA_FORMAT"), "NEW_SLA_FORMAT"),
            (is_words("customer_service"), "customer_service"),
            (is_key("sd.error.not.found"), "sd.error.not.found"),
            (is_media_type("image/png"), "image/png"),
            (
                is_structural("custom", "com.atlassian.servicedesk:sd-customer-organizations"),
                "an organization field",
            ),
            (is_structural("type", "array"), "array"),
            (is_structural("_expands", "participant"), "participant"),
            (is_phrase("Unauthorized; scope does not match"), "a missing scope"),
        ] {
            assert!(known, "{text}");
        }
        for (known, text) in [
            (is_constant("ADA"), "ADA"),
            (is_constant("NEW_ADA"), "NEW_ADA"),
            (is_constant("_"), "_"),
            (is_words("ada_service"), "ada_service"),
            (is_constant(""), "an empty text"),
            (is_key("sd.Ada Lovelace"), "a key with a name"),
            (is_media_type("application/vnd.ada"), "a vendor's type"),
            (is_structural("type", "Ada"), "a type with a name"),
            (is_structural("displayName", "array"), "a name that is a type"),
            (is_phrase("Ada not found"), "a phrase with a name"),
        ] {
            assert!(!known, "{text}");
        }
    }
}
