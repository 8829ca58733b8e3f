//! Products, each with a name of its own, and who is entitled to them.

use crate::domain::entities::detail_field::Details;
use crate::domain::entities::entitlement::{Entitlement, Holder, Product};
use crate::domain::error::Error;
use crate::domain::site::Site;

impl Site {
    pub(in crate::domain) fn add_product(&mut self, name: &str) -> String {
        let id = format!("9c0d0c70-0000-4000-8000-{:012x}", self.next("product", 1));
        self.products.insert(id.clone(), Product { id: id.clone(), name: name.to_owned() });
        id
    }

    /// Creates a product, and returns its id.
    pub(crate) fn create_product(&mut self, name: Option<&str>) -> Result<String, Error> {
        let name = self.free_product_name(name, "")?;
        Ok(self.add_product(name))
    }

    pub(crate) fn rename_product(&mut self, id: &str, name: Option<&str>) -> Result<&Product, Error> {
        self.product(id)?;
        let name = self.free_product_name(name, id)?;
        let product = self.products.get_mut(id).ok_or(Error::NotFound("The product"))?;
        product.name = name.to_owned();
        Ok(product)
    }

    /// The name, if no other product than `own` has it.
    fn free_product_name<'a>(&self, name: Option<&'a str>, own: &str) -> Result<&'a str, Error> {
        let name = name.ok_or_else(|| Error::invalid("A product needs a name."))?;
        match self.products.values().any(|product| product.name == name && product.id != own) {
            true => Err(Error::invalid(format!("There is a product '{name}' already."))),
            false => Ok(name),
        }
    }

    /// Deletes a product, and all entitlements to it.
    pub(crate) fn delete_product(&mut self, id: &str) -> Result<(), Error> {
        self.product(id)?;
        self.products.remove(id);
        self.entitlements.retain(|_, entitlement| entitlement.product != id);
        Ok(())
    }

    /// Entitles a customer or an organization to a product, and returns the entitlement's id.
    pub(crate) fn entitle(&mut self, holder: Holder, product: Option<&str>) -> Result<String, Error> {
        match &holder {
            Holder::Customer(id) => drop(self.customer(id)?),
            Holder::Organization(id) => drop(self.organization(*id)?),
        }
        let product = product.ok_or_else(|| Error::invalid("A productId is needed."))?;
        self.product(product)?;
        Ok(self.add_entitlement(holder, product))
    }

    /// An entitlement to the same product is kept as it is.
    pub(super) fn add_entitlement(&mut self, holder: Holder, product: &str) -> String {
        let is_same = |found: &&Entitlement| found.product == product && found.holder == holder;
        if let Some(existing) = self.entitlements.values().find(is_same) {
            return existing.id.clone();
        }
        let id = format!("e0717100-0000-4000-8000-{:012x}", self.next("entitlement", 1));
        let (product, details) = (product.to_owned(), Details::new());
        self.entitlements.insert(id.clone(), Entitlement { id: id.clone(), product, holder, details });
        id
    }

    pub(crate) fn delete_entitlement(&mut self, id: &str) -> Result<(), Error> {
        self.entitlement(id)?;
        self.entitlements.remove(id);
        Ok(())
    }

    /// The entitlements of a customer, with those of their organizations, or of an organization; with `product`, to
    /// this product.
    pub(crate) fn entitlements_of(
        &self,
        holder: &Holder,
        product: Option<&str>,
    ) -> Result<Vec<&Entitlement>, Error> {
        let account_id = match holder {
            Holder::Customer(id) => Some(self.customer(id)?.account_id.as_str()),
            Holder::Organization(id) => {
                self.organization(*id)?;
                None
            }
        };
        let is_inherited = |found: &Entitlement| match (&found.holder, account_id) {
            (Holder::Organization(id), Some(account_id)) => self.is_member(account_id, *id),
            _ => false,
        };
        let held = self.entitlements.values().filter(|found| found.holder == *holder || is_inherited(found));
        Ok(held.filter(|found| product.is_none_or(|product| found.product == product)).collect())
    }
}
