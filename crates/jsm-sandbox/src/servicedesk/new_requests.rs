//! Raising a request, and asking beforehand whether it could be raised.
//!
//! Both check the same things, and only the first one leaves something behind.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::request_types::may_create;
use super::{desks, requests};
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::reply::{Outcome, Reply};
use crate::world::{Field, FieldKind, NewRequest, RequestType, World};

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("CreateRequest", Role::Customer, create),
    Behaviour::new("ValidateRequest", Role::Customer, validate),
];

/// What a request whose form is not filled in is refused with.
const UNANSWERED: &str = "The form has questions that still need an answer.";

/// What is wrong with a request that was to be raised.
enum Problem {
    /// The call as a whole is refused.
    Refused(Reply),
    /// Fields are missing or have values they do not take.
    Fields(BTreeMap<String, String>),
    /// Questions of the form have no answer.
    Form(Vec<&'static str>),
}

impl From<Reply> for Problem {
    fn from(reply: Reply) -> Problem {
        Problem::Refused(reply)
    }
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let new = check(world, call).map_err(|problem| match problem {
        Problem::Refused(reply) => reply,
        // Fields are judged by the platform underneath, which has an error shape of its own.
        Problem::Fields(errors) => Reply::json(400, json!({"errorMessages": [], "errors": errors})),
        Problem::Form(questions) => Reply::json(
            422,
            json!({
                "errorMessage": UNANSWERED,
                "i18nErrorMessage": {"i18nKey": "sd.form.error.validation", "parameters": []},
                "errors": form_errors(&questions),
            }),
        ),
    })?;
    let id = world.add_request(new);
    let request = world.request_mut(id)?.clone();
    Ok(Reply::created(requests::render(world, &request, call)))
}

fn validate(world: &mut World, call: &Call) -> Outcome {
    let mut result = json!({
        "valid": false, "reasonKey": null, "errorMessage": null, "errorMessages": [], "fieldErrors": [], "formErrors": [],
    });
    let (reason, message) = match check(world, call) {
        Ok(_) => {
            result["valid"] = true.into();
            return Ok(Reply::ok(result));
        }
        Err(Problem::Fields(errors)) => {
            let error = |(field, message): (String, String)| json!({"field": field, "message": message});
            result["fieldErrors"] = errors.into_iter().map(error).collect();
            (
                "sd.request.validation.fields",
                "Some fields are missing or do not take their values.".to_owned(),
            )
        }
        Err(Problem::Form(questions)) => {
            result["formErrors"] = form_errors(&questions).into();
            ("sd.form.error.validation", UNANSWERED.to_owned())
        }
        Err(Problem::Refused(reply)) => match reply.message() {
            Some(message) if reply.status == 400 => {
                result["errorMessages"] = json!([message]);
                ("sd.rest.error.invalid", message.to_owned())
            }
            _ => return Err(reply),
        },
    };
    (result["reasonKey"], result["errorMessage"]) = (reason.into(), message.into());
    Err(Reply::json(400, result))
}

fn form_errors(questions: &[&str]) -> Vec<Value> {
    questions
        .iter()
        .map(|id| {
            json!({
                "code": "answer_required",
                "title": "An answer is missing",
                "detail": format!("Question {id} has to be answered."),
                "status": 422,
                "context": [{"id": id, "type": "question"}],
            })
        })
        .collect()
}

fn check<'a>(world: &World, call: &'a Call) -> Result<NewRequest<'a>, Problem> {
    let invalid = |message: &str| Problem::Refused(Reply::invalid(message));
    let desk = call.text("serviceDeskId").ok_or_else(|| invalid("A serviceDeskId is needed."))?;
    let desk = world
        .desk(desk)
        .ok()
        .filter(|desk| desks::visible(desk, call))
        .ok_or_else(|| invalid("There is no such service desk."))?;
    let kind = call.text("requestTypeId").ok_or_else(|| invalid("A requestTypeId is needed."))?;
    let kind = kind
        .parse()
        .ok()
        .and_then(|id: u64| world.request_types.get(&id))
        .filter(|kind| kind.desk == desk.id)
        .ok_or_else(|| invalid("The service desk has no such request type."))?;
    if !may_create(kind, call.actor.role) {
        return Err(Reply::forbidden("Only agents raise requests of this type.").into());
    }
    let reporter = reporter(world, call)?;
    let participants = participants(world, call)?;
    let fields = checked_fields(world, kind, desk.id, call)?;
    let answers = call.body.pointer("/form/answers").and_then(Value::as_object);
    let open: Vec<&'static str> = kind
        .form
        .iter()
        .copied()
        .filter(|id| !answers.is_some_and(|answers| answers.get(*id).is_some_and(answered)))
        .collect();
    if !open.is_empty() {
        return Err(Problem::Form(open));
    }
    Ok(NewRequest { desk: desk.id, request_type: kind.id, reporter, participants, fields })
}

fn reporter<'a>(world: &World, call: &'a Call) -> Result<&'a str, Reply> {
    let Some(other) = call.text("raiseOnBehalfOf") else { return Ok(&call.actor.account_id) };
    if call.actor.role < Role::Agent {
        return Err(Reply::forbidden("Only agents raise requests for somebody else."));
    }
    match world.people.contains_key(other) {
        true => Ok(other),
        false => Err(Reply::invalid(format!("There is no account '{other}' to raise a request for."))),
    }
}

fn participants(world: &World, call: &Call) -> Result<BTreeSet<String>, Reply> {
    let named = call.texts("requestParticipants").unwrap_or_default();
    if !named.is_empty() && call.actor.role < Role::Agent {
        return Err(Reply::forbidden("Only agents name participants of a new request."));
    }
    match named.iter().find(|account_id| !world.people.contains_key(**account_id)) {
        Some(unknown) => Err(Reply::invalid(format!("There is no account '{unknown}' to take part."))),
        None => Ok(named.into_iter().map(str::to_owned).collect()),
    }
}

fn checked_fields(
    world: &World,
    kind: &RequestType,
    desk: u64,
    call: &Call,
) -> Result<Map<String, Value>, Problem> {
    let given = call.body.get("requestFieldValues").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut errors = BTreeMap::new();
    for (id, value) in &given {
        match kind.fields.iter().find(|field| field.id == id) {
            None => {
                let message = "The field is not on the form of this request type.";
                errors.insert(id.clone(), message.to_owned());
            }
            Some(field) => {
                if let Some(message) = unfit(world, field, desk, value, call) {
                    errors.insert(id.clone(), message);
                }
            }
        }
    }
    for field in kind.fields.iter().filter(|field| field.required) {
        if !given.get(field.id).is_some_and(answered) {
            errors.insert(field.id.to_owned(), format!("{} is required.", field.name));
        }
    }
    if errors.is_empty() { Ok(given) } else { Err(Problem::Fields(errors)) }
}

/// Whether a value says anything at all.
fn answered(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => members.values().any(answered),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Why a field does not take a value.
fn unfit(world: &World, field: &Field, desk: u64, value: &Value, call: &Call) -> Option<String> {
    let takes = |what: &str| Some(format!("{} takes {what}.", field.name));
    match field.kind {
        _ if value.is_null() => None,
        // A document in Atlassian Document Format stands for a text when the request says that it sends such.
        FieldKind::Text if value.is_string() => None,
        FieldKind::Text if value.is_object() && call.body.get("isAdfRequest") == Some(&Value::Bool(true)) => {
            None
        }
        FieldKind::Text => takes("a text"),
        FieldKind::Choice(options) => {
            let chosen =
                ["id", "value", "name"].iter().find_map(|key| value.get(key)).and_then(Value::as_str);
            let known =
                chosen.is_some_and(|text| options.iter().any(|(id, label)| text == *id || text == *label));
            if known { None } else { takes("an object with the id or value of one of its options") }
        }
        FieldKind::Date => {
            let text = value.as_str().unwrap_or_default();
            let shaped = text.len() == 10
                && text.char_indices().all(|(at, digit)| match at {
                    4 | 7 => digit == '-',
                    _ => digit.is_ascii_digit(),
                });
            if shaped { None } else { takes("a date like 2026-01-31") }
        }
        FieldKind::User => {
            let id = ["accountId", "id"].iter().find_map(|key| value.get(key)).and_then(Value::as_str);
            if id.is_some_and(|id| world.people.contains_key(id)) {
                None
            } else {
                takes("an object with an accountId")
            }
        }
        FieldKind::Attachments => {
            let known = |id: &Value| {
                id.as_str().and_then(|id| world.temporary_files.get(id)).is_some_and(|file| file.desk == desk)
            };
            let all = value.as_array().is_some_and(|ids| ids.iter().all(known));
            if all { None } else { takes("a list of temporary attachment ids of this service desk") }
        }
    }
}
