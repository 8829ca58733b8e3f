//! What pages of documentation list is in the effective documents: `tests/fixtures/documented` has it as facts.
//!
//! A correction that takes a documented property, parameter or status away fails here, with its place.

use std::collections::{BTreeMap, BTreeSet};

use jsm_client::Operation;
use jsm_client::servicedesk::customer::AddCustomers;
use jsm_codegen::document;
use serde_json::{Value, json};

use crate::apis::APIS;

const PAGES: &str = include_str!("../fixtures/documented/pages.yaml");

#[test]
fn nothing_that_the_pages_list_is_missing() {
    let facts = facts();
    let documents = documents();
    let mut missing = Vec::new();
    for operation in list(&facts, "operations") {
        let document = &documents[text(operation, "api")];
        let mut found = Missing { document, of: text(operation, "operation").to_owned(), all: &mut missing };
        found.operation(operation);
    }
    for page in list(&facts, "pages") {
        let document = &documents[text(page, "api")];
        let schema = &document["components"]["schemas"][text(page, "schema")];
        let mut found = Missing { document, of: text(page, "schema").to_owned(), all: &mut missing };
        found.properties("", schema, &page["properties"]);
    }
    assert!(missing.is_empty(), "the effective documents lack what pages list:\n{}", missing.join("\n"));
}

#[test]
fn a_fact_that_is_not_in_the_documents_is_missed() {
    let documents = documents();
    let facts = facts();
    let customers = list(&facts, "operations").next().unwrap();
    for (place, name, report) in [
        ("query", "colour", "query parameter colour"),
        ("path", "serviceDeskId", "path parameter serviceDeskId"),
        ("body", "nickname", "body nickname"),
        ("body", "email.user", "body email.user"),
        ("response", "active[]", "response active[]"),
        ("response", "active", "response active is of type boolean, not string"),
    ] {
        let mut facts = customers.clone();
        facts[place][name] = "string".into();
        let mut missing = Vec::new();
        Missing { document: &documents["servicedesk"], of: String::new(), all: &mut missing }
            .operation(&facts);
        assert_eq!(missing, [format!(": {report}")], "{place} {name}");
    }
}

#[test]
fn user_names_are_optional_and_deprecated_wherever_users_are_named() {
    let document = &documents()["servicedesk"];
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let with: Vec<&String> =
        schemas.iter().filter(|(_, s)| s["properties"].get("usernames").is_some()).map(|(n, _)| n).collect();
    assert_eq!(with, ["RequestParticipantUpdate", "ServiceDeskCustomers", "UsersOrganizationUpdate"]);
    for name in with {
        let property = &schemas[name]["properties"]["usernames"];
        assert_eq!(property["deprecated"], true, "{name}");
        assert!(!text(property, "x-jsm-deprecated").is_empty(), "{name}");
        assert!(!list(&schemas[name], "required").any(|required| required == "usernames"), "{name}");
    }
}

#[test]
#[expect(deprecated, reason = "the compiler has to warn of it")]
fn user_names_can_be_sent() {
    let sent = |operation: AddCustomers| {
        let request = operation.request(&crate::http::client(), "http://127.0.0.1").unwrap();
        serde_json::from_slice::<Value>(request.body().unwrap().as_bytes().unwrap()).unwrap()
    };
    let ids = || AddCustomers::new("1", ["a"]);
    assert_eq!(sent(ids()), json!({"accountIds": ["a"]}));
    assert_eq!(sent(ids().usernames(["b"])), json!({"accountIds": ["a"], "usernames": ["b"]}));
}

#[test]
fn the_newest_state_of_the_documents_is_known() {
    let document = &documents()["servicedesk"];
    let mut missing = Vec::new();
    let facts = document::parse(include_bytes!("../fixtures/documented/validation.yaml")).unwrap();
    let mut found = Missing { document, of: text(&facts, "operation").to_owned(), all: &mut missing };
    found.operation(&facts);
    assert_eq!(missing, Vec::<String>::new());
    let types = &document["components"]["schemas"]["ProjectDetails"]["properties"]["projectTypeKey"]["enum"];
    assert!(types.as_array().unwrap().contains(&"product_discovery".into()), "{types}");
}

/// Collects the facts that a document does not have.
struct Missing<'a> {
    document: &'a Value,
    of: String,
    all: &'a mut Vec<String>,
}

impl Missing<'_> {
    fn operation(&mut self, facts: &Value) {
        let (method, path) = text(facts, "operation").split_once(' ').expect("a method and a path");
        let operation = &self.document["paths"][path][method.to_lowercase()];
        if operation.is_null() {
            return self.note("the operation");
        }
        for place in ["path", "query"] {
            for (name, kind) in object(&facts[place]) {
                let parameter =
                    list(operation, "parameters").find(|p| p["in"] == place && p["name"] == *name);
                match parameter {
                    Some(parameter) => {
                        self.kind(&format!("{place} parameter {name}"), &parameter["schema"], kind);
                    }
                    None => self.note(&format!("{place} parameter {name}")),
                }
            }
        }
        let json = |node: &Value| node["content"]["application/json"]["schema"].clone();
        let body = json(&operation["requestBody"]);
        self.properties("body ", &body, &facts["body"]);
        for name in list(facts, "required") {
            if !list(self.resolve(&body), "required").any(|required| required == name) {
                self.note(&format!("that body {name} is required"));
            }
        }
        let responses = object(&operation["responses"]).filter(|(status, _)| status.starts_with('2'));
        for (_, response) in responses.filter(|_| facts.get("response").is_some()) {
            self.properties("response ", &json(response), &facts["response"]);
        }
        for status in list(facts, "statuses") {
            if operation["responses"].get(status.to_string()).is_none() {
                self.note(&format!("status {status}"));
            }
        }
        let documented: BTreeSet<BTreeSet<&str>> = list(operation, "security")
            .map(|set| &set["OAuth2"])
            .chain(list(operation, "x-atlassian-oauth2-scopes").map(|set| &set["scopes"]))
            .map(scopes)
            .collect();
        for set in list(facts, "scopes").filter(|set| !documented.contains(&scopes(set))) {
            self.note(&format!("the scopes {set}"));
        }
        let opts_in = operation["x-experimental"] == true || operation["x-jsm-opt-in"] == "always";
        if facts["opt_in"] == true && !opts_in {
            self.note("the opt-in header");
        }
    }

    fn properties(&mut self, place: &str, schema: &Value, facts: &Value) {
        for (path, kind) in object(facts) {
            match self.find(schema, path) {
                Some(property) => {
                    let property = property.clone();
                    self.kind(&format!("{place}{path}"), &property, kind);
                }
                None => self.note(&format!("{place}{path}")),
            }
        }
    }

    /// The schema at a path such as `values[].name`.
    fn find<'a>(&'a self, schema: &'a Value, path: &str) -> Option<&'a Value> {
        let mut schema = self.resolve(schema);
        for step in path.split('.') {
            let name = step.trim_end_matches("[]");
            if !name.is_empty() {
                schema = self.resolve(schema["properties"].get(name)?);
            }
            if step.ends_with("[]") {
                schema = self.resolve(schema.get("items")?);
            }
        }
        Some(schema)
    }

    fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        loop {
            let next = schema["$ref"].as_str().and_then(|target| self.document.pointer(&target[1..]));
            schema = match next.or_else(|| schema["allOf"].get(0)) {
                Some(next) => next,
                None => return schema,
            };
        }
    }

    fn kind(&mut self, what: &str, schema: &Value, kind: &Value) {
        let found = self.resolve(schema)["type"].clone();
        if &found != kind {
            let name = |kind: &Value| kind.as_str().unwrap_or("any").to_owned();
            self.note(&format!("{what} is of type {}, not {}", name(&found), name(kind)));
        }
    }

    fn note(&mut self, what: &str) {
        self.all.push(format!("{}: {what}", self.of));
    }
}

fn facts() -> Value {
    document::parse(PAGES.as_bytes()).expect("the fixture is YAML")
}

fn documents() -> BTreeMap<&'static str, Value> {
    APIS.iter().map(|api| (api.name, api.value())).collect()
}

fn scopes(set: &Value) -> BTreeSet<&str> {
    set.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn list<'a>(node: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    node.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn object(node: &Value) -> impl Iterator<Item = (&String, &Value)> {
    node.as_object().into_iter().flatten()
}

fn text<'a>(node: &'a Value, key: &str) -> &'a str {
    node.get(key).and_then(Value::as_str).unwrap_or_default()
}
