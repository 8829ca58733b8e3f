//! Detail fields that administrators define for customers, organizations and entitlements, and the values in them.
//!
//! Profiles write the same values in a simpler shape; that shape is here too, so that the two stay together.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::reply::{Outcome, Reply};
use crate::world::{Csm, DetailField, World};

/// How many fields of a kind there can be.
const MOST_FIELDS: usize = 50;
/// The types whose values are taken from a list.
const WITH_OPTIONS: [&str; 2] = ["SELECT", "MULTISELECT"];
const TYPES: [&str; 6] = ["TEXT", "SELECT", "MULTISELECT", "DATE", "EMAIL", "PHONE"];

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("GetCustomerDetailFields", Role::Admin, list::<OfCustomers>),
    Behaviour::new("CreateCustomerDetailField", Role::Admin, create::<OfCustomers>),
    Behaviour::new("UpdateCustomerDetailField", Role::Admin, update::<OfCustomers>),
    Behaviour::new("DeleteCustomerDetailField", Role::Admin, delete::<OfCustomers>),
    Behaviour::new("GetOrganizationDetailFields", Role::Admin, list::<OfOrganizations>),
    Behaviour::new("CreateOrganizationDetailField", Role::Admin, create::<OfOrganizations>),
    Behaviour::new("UpdateOrganizationDetailField", Role::Admin, update::<OfOrganizations>),
    Behaviour::new("DeleteOrganizationDetailField", Role::Admin, delete::<OfOrganizations>),
    Behaviour::new("GetEntitlementDetailFields", Role::Admin, list::<OfEntitlements>),
    Behaviour::new("CreateEntitlementDetailField", Role::Admin, create::<OfEntitlements>),
    Behaviour::new("UpdateEntitlementDetailField", Role::Admin, update::<OfEntitlements>),
    Behaviour::new("DeleteEntitlementDetailField", Role::Admin, delete::<OfEntitlements>),
];

/// The values that one thing has, by the fields' names.
pub(super) type Details = BTreeMap<String, Vec<String>>;

/// A kind of thing that has detail fields.
pub(super) trait Kind {
    fn fields(csm: &Csm) -> &Vec<DetailField>;
    fn fields_mut(csm: &mut Csm) -> &mut Vec<DetailField>;
    /// The values of every thing of this kind.
    fn details(world: &mut World) -> Vec<&mut Details>;
}

pub(super) struct OfCustomers;
pub(super) struct OfOrganizations;
pub(super) struct OfEntitlements;

impl Kind for OfCustomers {
    fn fields(csm: &Csm) -> &Vec<DetailField> {
        &csm.customer_fields
    }
    fn fields_mut(csm: &mut Csm) -> &mut Vec<DetailField> {
        &mut csm.customer_fields
    }
    fn details(world: &mut World) -> Vec<&mut Details> {
        world.people.values_mut().map(|person| &mut person.details).collect()
    }
}

impl Kind for OfOrganizations {
    fn fields(csm: &Csm) -> &Vec<DetailField> {
        &csm.organization_fields
    }
    fn fields_mut(csm: &mut Csm) -> &mut Vec<DetailField> {
        &mut csm.organization_fields
    }
    fn details(world: &mut World) -> Vec<&mut Details> {
        world.organizations.values_mut().map(|organization| &mut organization.details).collect()
    }
}

impl Kind for OfEntitlements {
    fn fields(csm: &Csm) -> &Vec<DetailField> {
        &csm.entitlement_fields
    }
    fn fields_mut(csm: &mut Csm) -> &mut Vec<DetailField> {
        &mut csm.entitlement_fields
    }
    fn details(world: &mut World) -> Vec<&mut Details> {
        world.csm.entitlements.values_mut().map(|entitlement| &mut entitlement.details).collect()
    }
}

fn list<K: Kind>(world: &mut World, _: &Call) -> Outcome {
    let fields: Vec<Value> = K::fields(&world.csm)
        .iter()
        .enumerate()
        .map(|(index, field)| {
            json!({"name": field.name, "type": kind(field), "configuration": {"position": index + 1}})
        })
        .collect();
    Ok(Reply::ok(json!({"results": fields})))
}

fn create<K: Kind>(world: &mut World, call: &Call) -> Outcome {
    let field = define::<K>(world, &call.body)?;
    Ok(Reply::created(json!({"name": field.name, "type": kind(&field)})))
}

/// Adds the field that a definition describes.
pub(super) fn define<K: Kind>(world: &mut World, definition: &Value) -> Result<DetailField, Reply> {
    let (name, type_name, options) = check_definition(definition)?;
    let fields = K::fields(&world.csm);
    if fields.iter().any(|field| same_name(&field.name, &name)) {
        return Err(Reply::invalid(format!("There is a detail field '{name}' already.")));
    }
    if fields.len() >= MOST_FIELDS {
        return Err(Reply::invalid(format!("There are at most {MOST_FIELDS} detail fields.")));
    }
    let field = DetailField { id: world.next("detail field", 321), name, kind: type_name, options };
    K::fields_mut(&mut world.csm).push(field.clone());
    Ok(field)
}

/// Name, type and options of a definition, if it makes sense on its own.
pub(super) fn check_definition(definition: &Value) -> Result<(String, String, Option<Vec<String>>), Reply> {
    let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str).map(str::trim);
    let name = text("/name").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Reply::invalid("A detail field needs a name."))?;
    let type_name = text("/type/name").filter(|name| TYPES.contains(name));
    let type_name =
        type_name.ok_or_else(|| Reply::invalid(format!("The type is one of {}.", TYPES.join(", "))))?;
    let options = definition.pointer("/type/options").and_then(Value::as_array);
    let options: Option<Vec<String>> =
        options.map(|options| options.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let wants_options = WITH_OPTIONS.contains(&type_name);
    if wants_options && options.as_ref().is_none_or(Vec::is_empty) {
        return Err(Reply::invalid(format!("A field of type {type_name} needs options.")));
    }
    if !wants_options && options.is_some() {
        return Err(Reply::invalid(format!("A field of type {type_name} takes no options.")));
    }
    Ok((name.to_owned(), type_name.to_owned(), options))
}

/// Field names are told apart without regard to capitals and the spaces around them.
pub(super) fn same_name(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
}

fn update<K: Kind>(world: &mut World, call: &Call) -> Outcome {
    let old = call.path("fieldName");
    let at = position::<K>(&world.csm, old)?;
    let name = call.text("name").ok_or_else(|| Reply::invalid("A detail field needs a name."))?.to_owned();
    let taken = |(index, field): (usize, &DetailField)| index != at && same_name(&field.name, &name);
    if K::fields(&world.csm).iter().enumerate().any(taken) {
        return Err(Reply::invalid(format!("There is a detail field '{name}' already.")));
    }
    let options = call.texts("options");
    let field = &mut K::fields_mut(&mut world.csm)[at];
    if let Some(options) = options {
        if field.options.is_none() {
            return Err(Reply::invalid(format!("A field of type {} takes no options.", field.kind)));
        }
        field.options = Some(options.into_iter().map(str::to_owned).collect());
    }
    let former = std::mem::replace(&mut field.name, name.clone());
    let answer = json!({"name": field.name, "type": kind(field)});
    for details in K::details(world) {
        if let Some(values) = details.remove(&former) {
            details.insert(name.clone(), values);
        }
    }
    Ok(Reply::ok(answer))
}

fn delete<K: Kind>(world: &mut World, call: &Call) -> Outcome {
    let at = position::<K>(&world.csm, call.path("fieldName"))?;
    let field = K::fields_mut(&mut world.csm).remove(at);
    for details in K::details(world) {
        details.remove(&field.name);
    }
    Ok(Reply::no_content())
}

fn position<K: Kind>(csm: &Csm, name: &str) -> Result<usize, Reply> {
    let at = K::fields(csm).iter().position(|field| same_name(&field.name, name));
    at.ok_or_else(|| Reply::not_found("The detail field"))
}

/// The field that a query names, and the values that the body wants to put into it.
pub(super) fn checked<K: Kind>(csm: &Csm, call: &Call) -> Result<(DetailField, Vec<String>), Reply> {
    let name = call.query("fieldName").ok_or_else(|| Reply::invalid("The parameter fieldName is needed."))?;
    let field = &K::fields(csm)[position::<K>(csm, name)?];
    let values = call.texts("values").ok_or_else(|| Reply::invalid("The body needs a list of values."))?;
    Ok((field.clone(), check_values(field, &values)?))
}

/// Values for fields by their names, as profiles and bulk operations bring them.
pub(super) fn checked_list<K: Kind>(csm: &Csm, details: Option<&Value>) -> Result<Details, Reply> {
    let mut checked = Details::new();
    for detail in details.and_then(Value::as_array).into_iter().flatten() {
        let name = detail.get("name").and_then(Value::as_str).unwrap_or_default();
        let field = K::fields(csm)
            .iter()
            .find(|field| same_name(&field.name, name))
            .ok_or_else(|| Reply::invalid(format!("There is no detail field '{name}'.")))?;
        let values: Vec<&str> = detail
            .get("values")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        checked.insert(field.name.clone(), check_values(field, &values)?);
    }
    Ok(checked)
}

fn check_values(field: &DetailField, values: &[&str]) -> Result<Vec<String>, Reply> {
    let name = &field.name;
    if values.len() > 1 && field.kind != "MULTISELECT" {
        return Err(Reply::invalid(format!("The field '{name}' holds one value.")));
    }
    for value in values {
        let fits = match field.kind.as_str() {
            "SELECT" | "MULTISELECT" => {
                field.options.as_ref().is_some_and(|options| options.iter().any(|option| option == value))
            }
            "EMAIL" => value.contains('@'),
            "PHONE" => value.starts_with('+'),
            _ => true,
        };
        if !fits {
            return Err(Reply::invalid(format!("The field '{name}' does not take '{value}'.")));
        }
    }
    Ok(values.iter().map(|value| (*value).to_owned()).collect())
}

/// A field with its values, as an answer to setting them.
pub(super) fn render_set(field: &DetailField, values: &[String]) -> Value {
    json!({"id": field.id.to_string(), "name": field.name, "type": kind(field), "values": values})
}

/// Every field of a kind with the values that one thing has.
pub(super) fn render(fields: &[DetailField], details: &Details) -> Vec<Value> {
    fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let mut json = render_set(field, details.get(&field.name).map_or(&[], Vec::as_slice));
            json["configuration"] = json!({"position": index + 1});
            json
        })
        .collect()
}

/// The fields that have values, as profiles write them.
pub(super) fn render_profile(fields: &[DetailField], details: &Details) -> Vec<Value> {
    fields
        .iter()
        .filter_map(|field| Some((field, details.get(&field.name)?)))
        .map(|(field, values)| json!({"name": field.name, "value": {"type": field.kind, "text": values}}))
        .collect()
}

fn kind(field: &DetailField) -> Value {
    match &field.options {
        Some(options) => json!({"name": field.kind, "options": options}),
        None => json!({"name": field.kind}),
    }
}
