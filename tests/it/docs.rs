//! The documentation of the generated bindings: what every operation tells a caller, and the names that lead to it.

use std::collections::BTreeMap;

use jsm_codegen::distil::distil;
use jsm_codegen::emit::{emit, include};
use jsm_raw::Operation;
use jsm_raw::OperationInfo;
use jsm_raw::servicedesk::request::{GetRequest, GetRequests};
use jsm_raw::servicedesk::types::{RequestExpand, RequestOwnership, RequestStatus};
use serde_json::{Value, json};
use syn::{Attribute, Expr, ExprLit, ImplItem, Item, Lit, Meta};

use crate::apis::{APIS, Api};

/// What is documented of one operation.
#[derive(Default)]
struct Documented {
    doc: String,
    aliases: Vec<String>,
    /// The arguments of `new`, and its documentation.
    arguments: Vec<String>,
    new: String,
}

#[test]
fn a_search_finds_every_operation_by_what_atlassian_calls_it() {
    for_every(|api, document, info, documented| {
        let operation = &document["paths"][info.path][info.method.to_lowercase()];
        let base = if api.name == "csm" { "/api/v1" } else { "/rest/servicedeskapi" };
        let below = info.path.strip_prefix(base).expect("the API has one base");
        let mut names = vec![info.path, below];
        names.extend(["operationId", "summary"].map(|key| operation[key].as_str().expect(key)));
        for name in names {
            // Quotation marks are the one thing that an alias cannot hold.
            let name = name.replace('\'', "");
            let found = name.eq_ignore_ascii_case(info.name) || documented.aliases.contains(&name);
            assert!(found, "{}: no alias {name:?} in {:?}", info.name, documented.aliases);
        }
    });
}

#[test]
fn the_title_of_an_operation_is_pinned_where_it_is_short_enough_to_be_a_name() {
    for (summary, kept) in [
        ("List parcels", Some("List parcels")),
        (" Object - Find\n history  entries ", Some("Object - Find history entries")),
        ("Get the parcels of one of them", Some("Get the parcels of one of them")),
        ("Get the parcels of one of the senders", None),
        ("Lists parcels.", None),
        (" ", None),
    ] {
        let item = json!({"summary": "Parcels", "get": {"summary": summary, "responses": {}}});
        let document = json!({"openapi": "3.0.1", "info": {}, "paths": {"/parcel": item}});
        let pinned = distil(&document, "Parcels").expect("it is a document").document;
        assert_eq!(pinned["paths"]["/parcel"]["get"]["summary"].as_str(), kept, "{summary:?}");
        assert_eq!(pinned["paths"]["/parcel"].get("summary"), None, "a path has no title");
    }
}

#[test]
fn a_search_finds_operations_by_other_names_too() {
    let documented: BTreeMap<String, Documented> = APIS.iter().flat_map(documented).collect();
    for (operation, alias) in [
        ("servicedesk::CreateComment", "add comment"),
        ("servicedesk::CreateComment", "create request comment"),
        ("servicedesk::CreateComment", "/request/{issueIdOrKey}/comment"),
        ("servicedesk::GetOrganizationUsers", "getUsersInOrganization"),
        // The document has this id twice, and our corrections give one of the two operations another.
        ("servicedesk::SearchServiceDeskArticles", "getArticles"),
        ("csm::BulkManageCustomerDetails", "bulk manage customers detail field values"),
    ] {
        let aliases = &documented[operation].aliases;
        assert!(
            aliases.iter().any(|known| known.eq_ignore_ascii_case(alias)),
            "{operation}: {alias} is not in {aliases:?}"
        );
    }
}

#[test]
fn every_operation_says_what_a_caller_has_to_know() {
    for_every(|_, document, info, documented| {
        let doc = &documented.doc;
        let says = |text: &str, holds: bool| {
            assert_eq!(doc.contains(text), holds, "{}: {text:?} in {doc}", info.name);
        };
        let description = document["paths"][info.path][info.method.to_lowercase()]["description"].as_str();
        assert!(doc.starts_with(description.expect("it has our words").trim()), "{doc}");
        says(&format!("\n`{} {}`, ", info.method, info.path), true);
        says("](https://developer.atlassian.com/cloud/", true);
        says("\nResponds with ", true);
        says("\n- Idempotent: ", info.idempotent);
        says("\n- Not idempotent: ", !info.idempotent);
        says("\n- Experimental: ", info.experimental);
        says("\n- Deprecated", info.deprecated);
        says("\n- Paginated by ", info.pagination.is_some());
        says("\n- Batch limit: ", info.batch_limit.is_some());
        let by_method = info.base.rate_limits.iter().any(|(method, _)| *method == info.method);
        says("\n- Rate limit: ", info.rate_limit.is_some() || by_method);
        says("\n- OAuth scopes: ", !info.scopes.is_empty());
        for (status, meaning) in info.statuses {
            says(&format!("\n| {status} | {} |", meaning.replace('|', "\\|")), true);
        }
    });
}

#[test]
fn every_required_parameter_has_a_line_of_its_own() {
    for_every(|_, _, info, documented| {
        for argument in &documented.arguments {
            let start = format!("- `{argument}`: ");
            let line = documented.new.lines().find(|line| line.starts_with(&start));
            let line = line.unwrap_or_else(|| panic!("{}: nothing about {argument}", info.name));
            let described = !line.contains(": the parameter `") && !line.ends_with("of the body.");
            assert!(described, "{}: describe it in docs.yaml: {line}", info.name);
        }
    });
}

#[test]
fn links_lead_to_the_page_of_atlassians_documentation() {
    let documented: BTreeMap<String, Documented> = APIS.iter().flat_map(documented).collect();
    const CLOUD: &str = "https://developer.atlassian.com/cloud";
    for (operation, link) in [
        (
            "servicedesk::CreateCustomer",
            "[Create customer](CLOUD/jira/service-desk/rest/api-group-customer/#api-rest-servicedeskapi-customer-post)",
        ),
        (
            "servicedesk::GetComments",
            "[Get request comments](CLOUD/jira/service-desk/rest/api-group-request/\
             #api-rest-servicedeskapi-request-issueidorkey-comment-get)",
        ),
        // It has no tag.
        (
            "servicedesk::ViewArticle",
            "[View knowledge base article](CLOUD/jira/service-desk/rest/api-group-other-operations/\
             #api-rest-servicedeskapi-knowledgebase-article-view-pageid-get)",
        ),
        (
            "csm::GetOrganizationProfile",
            "[Get organization profile](CLOUD/customer-service-management/rest/v1/api-group-organization/\
             #api-api-v1-organization-profile-organizationid-get)",
        ),
        (
            "csm::BulkManageCustomerAccounts",
            "[Bulk manage customer accounts](CLOUD/customer-service-management/rest/v1/\
             api-group-customer-bulk-operations/#api-api-v1-customer-bulk-post)",
        ),
    ] {
        let doc = &documented[operation].doc;
        assert!(doc.contains(&link.replace("CLOUD", CLOUD)), "{link} is not in {doc}");
    }
}

#[test]
fn the_landing_page_lists_every_operation_in_its_group() {
    for api in &APIS {
        let (document, page) = (api.value(), landing(api));
        let mut group = String::new();
        let mut listed = Vec::new();
        for line in page.lines() {
            if let Some(title) = line.strip_prefix("## ") {
                group = title.split('`').nth(1).expect("a group is a link").to_owned();
            } else if line.starts_with("| [") {
                listed.push((group.clone(), line));
            }
        }
        assert_eq!(listed.len(), api.operations.len(), "{page}");
        for info in api.operations {
            let start = format!("| [`{0}`]({1}::{0}) | `{2} /", info.name, info.group, info.method);
            let line = listed.iter().find(|(group, line)| group == info.group && line.starts_with(&start));
            let (_, line) = line.unwrap_or_else(|| panic!("{start} is not in {page}"));
            let title = document["paths"][info.path][info.method.to_lowercase()]["summary"].as_str();
            assert!(line.contains(&format!("| [{}](https://", title.expect("it has a title"))), "{line}");
        }
    }
}

#[test]
fn values_of_an_open_enum_have_their_meaning() {
    for api in &APIS {
        let source = emit(api.name, &api.document()).expect("it has passed the lint");
        let file = syn::parse_file(&source).expect("it is Rust");
        let mut seen = 0;
        for item in module(&file.items, "types") {
            let Item::Enum(item) = item else { continue };
            let open = item.variants.iter().any(|variant| !variant.fields.is_empty());
            for variant in item.variants.iter().filter(|variant| open && variant.fields.is_empty()) {
                let doc = doc(&variant.attrs);
                assert!(doc.contains("`: "), "{}::{}: {doc}", item.ident, variant.ident);
                seen += 1;
            }
        }
        assert!(seen > 10, "{}: {seen} values", api.name);
    }
}

#[test]
fn a_value_that_is_not_listed_is_sent_as_it_is() {
    let http = crate::http::client();
    let snoozed: RequestStatus = "SNOOZED".parse().expect("any text is a value");
    assert_eq!(snoozed, RequestStatus::Other("SNOOZED".to_owned()));
    let requests = GetRequests::new()
        .request_status(snoozed)
        .request_ownership([RequestOwnership::Approver, RequestOwnership::Other("WATCHED".to_owned())]);
    let url = requests.request(&http, "https://acme.example").expect("it is a request").url().to_string();
    let query = url.split_once('?').map(|(_, query)| query);
    assert_eq!(query, Some("requestOwnership=APPROVER&requestOwnership=WATCHED&requestStatus=SNOOZED"));
    let expanded = GetRequest::new("HELP-1").expand([RequestExpand::CommentRenderedBody]);
    let url = expanded.request(&http, "https://acme.example").expect("it is a request").url().to_string();
    assert!(url.ends_with("?expand=comment.renderedBody"), "{url}");
    assert_eq!("OPEN_REQUESTS".parse(), Ok(RequestStatus::OpenRequests));
}

fn for_every(check: impl Fn(&Api, &Value, &OperationInfo, &Documented)) {
    for api in &APIS {
        let (document, documented) = (api.value(), documented(api));
        for info in api.operations {
            check(api, &document, info, &documented[&format!("{}::{}", api.name, info.name)]);
        }
    }
}

/// What is documented of each operation, by API and name.
fn documented(api: &Api) -> BTreeMap<String, Documented> {
    let source = emit(api.name, &api.document()).expect("it has passed the lint");
    let file = syn::parse_file(&source).expect("it is Rust");
    let groups: Vec<&str> = api.operations.iter().map(|info| info.group).collect();
    let mut all: BTreeMap<String, Documented> = BTreeMap::new();
    for item in groups.into_iter().flat_map(|group| module(&file.items, group)) {
        match item {
            Item::Struct(item) => {
                let entry = all.entry(format!("{}::{}", api.name, item.ident)).or_default();
                entry.doc = doc(&item.attrs);
                entry.aliases = item.attrs.iter().filter_map(alias).collect();
            }
            Item::Impl(item) if item.trait_.is_none() => {
                let syn::Type::Path(name) = &*item.self_ty else { continue };
                let name = name.path.get_ident().expect("operations have plain names");
                let entry = all.entry(format!("{}::{name}", api.name)).or_default();
                for member in &item.items {
                    let ImplItem::Fn(function) = member else { continue };
                    if function.sig.ident == "new" {
                        entry.new = doc(&function.attrs);
                        entry.arguments = function.sig.inputs.iter().filter_map(argument).collect();
                    }
                }
            }
            _ => {}
        }
    }
    all
}

fn argument(input: &syn::FnArg) -> Option<String> {
    let syn::FnArg::Typed(typed) = input else { return None };
    let syn::Pat::Ident(pattern) = &*typed.pat else { return None };
    Some(pattern.ident.to_string())
}

/// The landing page of an API.
fn landing(api: &Api) -> String {
    let source = include(api.name, &api.document(), "document.json").expect("it is JSON");
    let file = syn::parse_file(&source).expect("it is Rust");
    file.items
        .iter()
        .find_map(|item| match item {
            Item::Mod(item) if item.ident == api.name => Some(doc(&item.attrs)),
            _ => None,
        })
        .expect("it is one module")
}

fn module<'a>(items: &'a [Item], name: &str) -> &'a [Item] {
    let found = items.iter().find_map(|item| match item {
        Item::Mod(item) if item.ident == name => item.content.as_ref(),
        _ => None,
    });
    found.map_or(&[], |(_, items)| items)
}

/// The documentation that attributes hold.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => text(&pair.value),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn alias(attribute: &Attribute) -> Option<String> {
    let Meta::List(list) = &attribute.meta else { return None };
    let pair: syn::MetaNameValue = list.parse_args().ok()?;
    (list.path.is_ident("doc") && pair.path.is_ident("alias")).then(|| text(&pair.value))?
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}
