//! The steps of a seed, and what each adds to a site.

use serde_json::Value;

use super::entities::account::Account;
use super::entities::field::Field;
use super::entities::issue::Issue;
use super::entities::person::Role;
use super::entities::request_type::RequestType;
use super::entities::service_desk::{Group, Holds, Queue, ServiceDesk};
use super::entities::sla::Metric;
use super::entities::sla_cycle::{SeededCycles, SlaCycle};
use super::entities::workflow::Workflow;
use super::populate::{add_issue, add_standard_types, add_to_desk};
use super::site::Site;

/// Something that a seed adds, or says of what it added last.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Desk { key: String, name: String, open_access: bool },
    RequestType { name: String },
    Description(String),
    HelpText(String),
    Group(String),
    AgentsOnly,
    Field(Field),
    Form(Vec<String>),
    Approver(String),
    Customer { name: String, email: String },
    Organization { name: String, members: Vec<String> },
    Request { reporter: String, summary: String },
    OfRequestType(String),
    Value { field: String, value: Value },
    Status(String),
    SlaCycles { sla: String, cycles: Vec<SlaCycle> },
    Comment { author: String, text: String, public: bool },
    Participant(String),
    Queue { name: String, jql: String, columns: Vec<String>, holds: Holds },
    Sla { name: String, goal: i64 },
    Workflow(Workflow),
    Translation { language: String, text: String, translated: String },
    Product { name: String },
}

/// What was added last.
#[derive(Debug)]
pub(super) struct Last {
    pub(super) desk: u64,
    pub(super) request_type: Option<u64>,
    pub(super) issue: Option<u64>,
}

impl Step {
    /// Adds to the site what the step says, or says why it cannot.
    pub(super) fn add(&self, site: &mut Site, staff: &[Account; 3], last: &mut Last) -> Result<(), String> {
        match self {
            Step::Desk { key, name, open_access } => {
                if let Some(other) = site.desks.values().find(|desk| desk.key == *key) {
                    return Err(format!("the service desk '{}' has the key '{key}' already", other.name));
                }
                let desk = site.add_desk(key, name, *open_access);
                add_standard_types(site, desk);
                *last = Last { desk, request_type: None, issue: None };
            }
            Step::RequestType { name } => {
                let first_group = last_desk(site, last)?.groups.first().map(|group| group.id);
                let id = site.add_request_type(last.desk, name, 10_001);
                last.request_type = Some(id);
                last_type(site, last)?.groups.extend(first_group);
            }
            Step::Description(text) => last_type(site, last)?.description.clone_from(text),
            Step::HelpText(text) => last_type(site, last)?.help_text.clone_from(text),
            Step::Group(name) => {
                let id = group_of_desk(site, last, name)?;
                last_type(site, last)?.groups = vec![id];
            }
            Step::AgentsOnly => last_type(site, last)?.restricted = true,
            Step::Field(field) => {
                check_field(field)?;
                let id = last_type(site, last)?.id;
                site.add_field(id, field.clone());
            }
            Step::Form(questions) => last_type(site, last)?.form.clone_from(questions),
            Step::Approver(email) => {
                let account_id = account(site, email)?;
                last_type(site, last)?.approvers.push(account_id);
            }
            Step::Customer { name, email } => {
                let known = site
                    .person_with_email(email)
                    .map(|person| (person.account_id.clone(), person.name.clone()));
                let account_id = match known {
                    None => site.add_person(name, email, Role::Customer),
                    // One account can be a customer of several service desks.
                    Some((account_id, known)) if known == *name => account_id,
                    Some((_, known)) => {
                        return Err(format!("the account '{email}' is called '{known}', not '{name}'"));
                    }
                };
                add_to_desk(site, last.desk, &account_id);
            }
            Step::Organization { name, members } => {
                let id = site.add_organization(name);
                let members = members.iter().filter_map(|email| site.person_with_email(email));
                let members: Vec<String> = members.map(|person| person.account_id.clone()).collect();
                if let Ok(organization) = site.organization_mut(id) {
                    organization.members.extend(members);
                }
                if let Some(desk) = site.desks.get_mut(&last.desk) {
                    desk.organizations.insert(id);
                }
            }
            Step::Request { reporter, summary } => {
                last_desk(site, last)?;
                let reporter = account(site, reporter).unwrap_or_else(|_| staff[0].account_id.clone());
                let mut kinds = site.request_types.values();
                let first = kinds.find(|kind| kind.desk == last.desk).map(|kind| kind.id);
                let kind = last.request_type.or(first).unwrap_or_default();
                last.issue = Some(add_issue(site, last.desk, kind, &reporter, summary));
            }
            Step::OfRequestType(name) => {
                let kinds = site.request_types.values().filter(|kind| kind.desk == last.desk);
                let found = kinds.clone().find(|kind| kind.name == *name).map(|kind| kind.id);
                let known: Vec<&str> = kinds.map(|kind| kind.name.as_str()).collect();
                let kind = found.ok_or_else(|| unknown("request type", name, &known))?;
                last_issue(site, last)?.request_type = kind;
            }
            Step::Value { field, value } => {
                let kind = last_issue(site, last)?.request_type;
                let kind = site.request_type_by_id(kind);
                let fields = kind.map(|kind| kind.fields.as_slice()).unwrap_or_default();
                let known: Vec<&str> = fields.iter().map(|field| field.id.as_str()).collect();
                let found = fields.iter().find(|found| found.id == *field);
                let found = found.ok_or_else(|| unknown("field", field, &known))?;
                let kept = site.field_value(found, last.desk, value, true);
                let kept = kept.map_err(|expected| format!("the field '{field}' takes {expected}"))?;
                last_issue(site, last)?.fields.insert(field.clone(), kept);
            }
            Step::Status(name) => {
                let workflow = &last_desk(site, last)?.workflow;
                let known: Vec<&str> = workflow.statuses.iter().map(|status| status.name.as_str()).collect();
                let status = workflow.status_named(name).cloned();
                let status = status.ok_or_else(|| unknown("status", name, &known))?;
                let now = site.now;
                last_issue(site, last)?.set_status(status, now);
            }
            Step::SlaCycles { sla, cycles } => {
                let metrics = &last_desk(site, last)?.metrics;
                let known: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
                let id = metrics.iter().find(|metric| metric.name == *sla).map(|metric| metric.id);
                let id = id.ok_or_else(|| unknown("SLA", sla, &known))?;
                let cycles = SeededCycles::new(site.now, cycles);
                let cycles =
                    cycles.ok_or_else(|| format!("only the last cycle of '{sla}' can be unfinished"))?;
                last_issue(site, last)?.sla_cycles.insert(id, cycles);
            }
            Step::Comment { author, text, public } => {
                let (author, id) = (account(site, author)?, last_issue(site, last)?.id);
                site.add_comment(id, &author, text, *public).map_err(|error| error.to_string())?;
            }
            Step::Participant(email) => {
                let account_id = account(site, email)?;
                last_issue(site, last)?.participants.insert(account_id);
            }
            Step::Queue { name, jql, columns, holds } => {
                let desk = last_desk(site, last)?;
                let id = desk.id * 10 + desk.queues.len() as u64;
                let (name, jql, columns) = (name.clone(), jql.clone(), columns.clone());
                desk.queues.push(Queue { id, name, jql, columns, holds: holds.clone() });
            }
            Step::Sla { name, goal } => {
                let id = site.next("SLA", 3);
                let metrics = &mut last_desk(site, last)?.metrics;
                match metrics.iter_mut().find(|metric| metric.name == *name) {
                    Some(metric) => metric.goal = *goal,
                    None => metrics.push(Metric::until_resolution(id, name, *goal)),
                }
            }
            Step::Workflow(workflow) => {
                check_workflow(workflow)?;
                last_desk(site, last)?.workflow.clone_from(workflow);
            }
            Step::Translation { language, text, translated } => {
                site.translations.add(language, text, translated);
            }
            Step::Product { name } => drop(site.add_product(name)),
        }
        Ok(())
    }
}

fn last_desk<'a>(site: &'a mut Site, last: &Last) -> Result<&'a mut ServiceDesk, String> {
    site.desks.get_mut(&last.desk).ok_or_else(|| "the seed needs a service desk first".to_owned())
}

fn last_type<'a>(site: &'a mut Site, last: &Last) -> Result<&'a mut RequestType, String> {
    let kind = last.request_type.and_then(|id| site.request_types.get_mut(&id));
    kind.ok_or_else(|| "the seed describes a request type before it adds one".to_owned())
}

fn last_issue<'a>(site: &'a mut Site, last: &Last) -> Result<&'a mut Issue, String> {
    let issue = last.issue.and_then(|id| site.issues.get_mut(&id));
    issue.ok_or_else(|| "the seed describes a request before it adds one".to_owned())
}

/// The portal group of a name, added where there is none.
fn group_of_desk(site: &mut Site, last: &Last, name: &str) -> Result<u64, String> {
    let desk = last_desk(site, last)?;
    if let Some(group) = desk.groups.iter().find(|group| group.name == name) {
        return Ok(group.id);
    }
    let id = 10 * desk.id + desk.groups.len() as u64;
    desk.groups.push(Group { id, name: name.to_owned() });
    Ok(id)
}

fn account(site: &Site, email: &str) -> Result<String, String> {
    let person = site.person_with_email(email);
    person.map(|person| person.account_id.clone()).ok_or_else(|| format!("there is no account '{email}'"))
}

/// Refuses a default or preset value that is no option of the field.
fn check_field(field: &Field) -> Result<(), String> {
    let mut texts = field.defaults.iter().chain(&field.presets);
    match texts.find(|text| !field.options.is_empty() && field.chosen(text).is_none()) {
        Some(text) => {
            let known: Vec<&str> = field.options.iter().map(|option| option.label.as_str()).collect();
            Err(format!("the field '{}' has no option '{text}'; it has {}", field.id, known.join(", ")))
        }
        None => Ok(()),
    }
}

/// Refuses a workflow without statuses, and transitions between statuses that it does not have.
fn check_workflow(workflow: &Workflow) -> Result<(), String> {
    let known: Vec<&str> = workflow.statuses.iter().map(|status| status.name.as_str()).collect();
    if known.is_empty() {
        return Err("a workflow needs a status".to_owned());
    }
    let named = workflow.transitions.iter().flat_map(|found| found.from.iter().chain([&found.to]));
    match named.into_iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(unknown("status", name, &known)),
        None => Ok(()),
    }
}

/// What a seed names and does not exist, with what does.
fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    format!("there is no {what} '{name}'; there are {}", known.join(", "))
}
