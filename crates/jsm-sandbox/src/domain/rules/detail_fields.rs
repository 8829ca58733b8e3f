//! Detail fields: at most fifty for each kind of things, with names that differ, and values that fit them.

use super::profiles::unknown_operation;
use crate::domain::entities::bulk::DetailChange;
use crate::domain::entities::detail_field::{Definition, DetailField, DetailValues, Details, FieldOwner};
use crate::domain::error::Error;
use crate::domain::site::Site;

/// How many fields a kind of things can have.
const MOST_FIELDS: usize = 50;

impl Site {
    /// Adds the field that a definition describes.
    pub(crate) fn create_detail_field(
        &mut self,
        owner: FieldOwner,
        definition: &Definition,
    ) -> Result<DetailField, Error> {
        let field = definition.check()?;
        let fields = self.detail_fields(owner);
        if fields.iter().any(|other| other.is_named(&field.name)) {
            return Err(name_taken(&field.name));
        }
        if fields.len() >= MOST_FIELDS {
            return Err(Error::invalid(format!("There are at most {MOST_FIELDS} detail fields.")));
        }
        let field = DetailField { id: self.next("detail field", 321), ..field };
        self.detail_fields.entry(owner).or_default().push(field.clone());
        Ok(field)
    }

    /// Refuses definitions of which one cannot be applied, or of which two have the same name.
    pub(super) fn check_definitions(
        &self,
        owner: FieldOwner,
        definitions: &[Definition],
    ) -> Result<(), Error> {
        let mut fields = self.detail_fields(owner).to_vec();
        for definition in definitions {
            let field = definition.check()?;
            if fields.iter().any(|other| other.is_named(&field.name)) {
                return Err(name_taken(&field.name));
            }
            fields.push(field);
        }
        Ok(())
    }

    /// Renames a field, and replaces its options where there are new ones. All values move along.
    pub(crate) fn update_detail_field(
        &mut self,
        owner: FieldOwner,
        old: &str,
        name: Option<&str>,
        options: Option<Vec<String>>,
    ) -> Result<DetailField, Error> {
        let former = self.detail_field(owner, old)?.name.clone();
        let name = name.ok_or_else(|| Error::invalid("A detail field needs a name."))?;
        let others = self.detail_fields(owner).iter().filter(|field| field.name != former);
        if others.into_iter().any(|field| field.is_named(name)) {
            return Err(name_taken(name));
        }
        let mut fields = self.detail_fields.get_mut(&owner).into_iter().flatten();
        let field = fields.find(|field| field.name == former).ok_or(Error::NotFound("The detail field"))?;
        if let Some(options) = options {
            field.set_options(options)?;
        }
        field.name = name.to_owned();
        let field = field.clone();
        for details in self.all_details(owner) {
            if let Some(values) = details.remove(&former) {
                details.insert(field.name.clone(), values);
            }
        }
        Ok(field)
    }

    /// Deletes a field with all its values.
    pub(crate) fn delete_detail_field(&mut self, owner: FieldOwner, name: &str) -> Result<(), Error> {
        let name = self.detail_field(owner, name)?.name.clone();
        if let Some(fields) = self.detail_fields.get_mut(&owner) {
            fields.retain(|field| field.name != name);
        }
        for details in self.all_details(owner) {
            details.remove(&name);
        }
        Ok(())
    }

    fn detail_field(&self, owner: FieldOwner, name: &str) -> Result<&DetailField, Error> {
        let field = self.detail_fields(owner).iter().find(|field| field.is_named(name));
        field.ok_or(Error::NotFound("The detail field"))
    }

    /// The values of every thing of a kind.
    fn all_details(&mut self, owner: FieldOwner) -> Vec<&mut Details> {
        match owner {
            FieldOwner::Customer => self.people.values_mut().map(|person| &mut person.details).collect(),
            FieldOwner::Organization => {
                self.organizations.values_mut().map(|organization| &mut organization.details).collect()
            }
            FieldOwner::Entitlement => {
                self.entitlements.values_mut().map(|entitlement| &mut entitlement.details).collect()
            }
        }
    }

    /// Sets the values of a field of a customer, and returns the field.
    pub(crate) fn set_customer_detail(
        &mut self,
        account_id: &str,
        name: Option<&str>,
        values: Option<Vec<String>>,
    ) -> Result<(DetailField, Vec<String>), Error> {
        self.customer(account_id)?;
        let (field, values) = self.checked_values(FieldOwner::Customer, name, values)?;
        self.customer_mut(account_id)?.details.insert(field.name.clone(), values.clone());
        Ok((field, values))
    }

    /// Sets the values of a field of an organization, and returns the field.
    pub(crate) fn set_organization_detail(
        &mut self,
        id: u64,
        name: Option<&str>,
        values: Option<Vec<String>>,
    ) -> Result<(DetailField, Vec<String>), Error> {
        self.organization(id)?;
        let (field, values) = self.checked_values(FieldOwner::Organization, name, values)?;
        self.organization_mut(id)?.details.insert(field.name.clone(), values.clone());
        Ok((field, values))
    }

    /// Sets the values of a field of an entitlement, and returns the field.
    pub(crate) fn set_entitlement_detail(
        &mut self,
        id: &str,
        name: Option<&str>,
        values: Option<Vec<String>>,
    ) -> Result<(DetailField, Vec<String>), Error> {
        self.entitlement(id)?;
        let (field, values) = self.checked_values(FieldOwner::Entitlement, name, values)?;
        if let Some(entitlement) = self.entitlements.get_mut(id) {
            entitlement.details.insert(field.name.clone(), values.clone());
        }
        Ok((field, values))
    }

    fn checked_values(
        &self,
        owner: FieldOwner,
        name: Option<&str>,
        values: Option<Vec<String>>,
    ) -> Result<(DetailField, Vec<String>), Error> {
        let name = name.ok_or_else(|| Error::invalid("The parameter fieldName is needed."))?;
        let field = self.detail_field(owner, name)?.clone();
        let values = values.ok_or_else(|| Error::invalid("The body needs a list of values."))?;
        field.check_values(&values)?;
        Ok((field, values))
    }

    /// Values for fields by their names, each checked.
    pub(super) fn checked_details(
        &self,
        owner: FieldOwner,
        details: &[DetailValues],
    ) -> Result<Details, Error> {
        let mut checked = Details::new();
        for DetailValues { name, values } in details {
            let field = self.detail_field(owner, name);
            let field = field.map_err(|_| Error::invalid(format!("There is no detail field '{name}'.")))?;
            field.check_values(values)?;
            checked.insert(field.name.clone(), values.clone());
        }
        Ok(checked)
    }

    /// The values of one thing after all these changes. One change that is refused refuses all.
    pub(super) fn changed_details(
        &self,
        owner: FieldOwner,
        mut details: Details,
        changes: &[DetailChange],
    ) -> Result<Details, Error> {
        for DetailChange { operation, field } in changes {
            for (name, values) in self.checked_details(owner, std::slice::from_ref(field))? {
                match operation.as_str() {
                    "UPDATE" => drop(details.insert(name, values)),
                    "PATCH" => {
                        let held = details.entry(name).or_default();
                        let new: Vec<String> =
                            values.into_iter().filter(|value| !held.contains(value)).collect();
                        held.extend(new);
                    }
                    "DELETE" => drop(details.remove(&name)),
                    other => return Err(unknown_operation(other)),
                }
            }
        }
        Ok(details)
    }
}

fn name_taken(name: &str) -> Error {
    Error::invalid(format!("There is a detail field '{name}' already."))
}
