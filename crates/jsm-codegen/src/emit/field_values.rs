//! Fields: reading their values out of responses and writing values for them, as `x-jsm-field-values` and `x-jsm-field`
//! ask for it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{ItemStruct, Type};

use super::bound::Context;
use super::durations::wrong;
use super::rust::{field, inner, name_of, plain, property};
use crate::diagnostic::Diagnostic;
use crate::model::{Field, FieldValues};

/// The methods of all types.
pub(crate) fn field_values(context: &Context<'_>) -> Result<TokenStream, Diagnostic> {
    let mut emitted = TokenStream::new();
    for (name, schema) in &context.document.schemas {
        let item =
            context.structs.iter().find(|(known, _)| plain(known) == plain(name)).map(|(_, item)| *item);
        if let Some(parts) = &schema.annotations.field_values {
            let methods = item.and_then(|item| read(context, item, parts));
            emitted.extend(methods.ok_or_else(|| wrong(name, "field-values"))?);
        }
        if let Some(parts) = &schema.annotations.field {
            let methods = item.and_then(|item| write(context, item, parts));
            emitted.extend(methods.ok_or_else(|| wrong(name, "field"))?);
        }
    }
    Ok(emitted)
}

/// The methods that read the value of a field.
fn read(context: &Context<'_>, item: &ItemStruct, parts: &FieldValues<'_>) -> Option<TokenStream> {
    let (values, ty) = property(item, parts.property)?;
    let (found, by) = match &parts.entry {
        None => {
            (name_of(ty) == "Map").then_some(())?;
            (quote!(crate::field::in_map(&self.#values, field)), "by its id")
        }
        Some(entry) => {
            let ty = inner(ty, "Vec")?;
            let part = |name| field(ty, name, &context.structs);
            let (id, label) =
                (text(part(entry.id)?, &quote!(entry))?, text(part(entry.label)?, &quote!(entry))?);
            let (value, ty) = part(entry.value)?;
            inner(ty, "Option").filter(|ty| name_of(ty) == "Value")?;
            let entries = quote!(self.#values.iter().map(|entry| (
                #id.unwrap_or_default(), #label.unwrap_or_default(), entry.#value.as_ref(),
            )));
            (
                quote!(crate::field::in_list(#entries, field)),
                "by its id, or by its label if only one field has it",
            )
        }
    };
    let doc = format!("The value of a field, {by}. `None` if the response does not have it, or has `null`.");
    let typed = format!(
        "The value of a field as a type of the program, {by}: for example [`Timestamp`](jiff::Timestamp) for a date \
         with a time. `None` if the response does not have it, or has `null`."
    );
    let name = &item.ident;
    Some(quote! {
        impl types::#name {
            #[doc = #doc]
            pub fn field_value(&self, field: &str) -> ::std::option::Option<&::serde_json::Value> {
                #found
            }
            #[doc = #typed]
            ///
            /// # Errors
            ///
            /// When the value cannot be read as that type.
            pub fn field<'v, T: ::serde::Deserialize<'v>>(
                &'v self,
                field: &str,
            ) -> ::std::result::Result<::std::option::Option<T>, crate::FieldError> {
                crate::field::decode(field, self.field_value(field))
            }
        }
    })
}

/// The methods that write a value for a field.
fn write(context: &Context<'_>, item: &ItemStruct, parts: &Field<'_>) -> Option<TokenStream> {
    let own = quote!(self);
    let (id, label) = (text(property(item, parts.id)?, &own)?, text(property(item, parts.name)?, &own)?);
    let (schema, ty) = property(item, parts.schema.property)?;
    let schema_ty = inner(ty, "Option")?;
    let in_schema = |name| {
        let (ident, ty) = field(schema_ty, name, &context.structs)?;
        inner(ty, "Option").filter(|ty| name_of(ty) == "String")?;
        Some(quote!(schema.and_then(|schema| schema.#ident.as_deref())))
    };
    let schema_type = in_schema(parts.schema.schema_type)?;
    let (items, system) = (in_schema(parts.schema.items)?, in_schema(parts.schema.system)?);
    let custom = in_schema(parts.schema.custom)?;
    let (options, ty) = property(item, parts.options.property)?;
    let option_ty = inner(ty, "Vec")?;
    let in_option = |name| field(option_ty, name, &context.structs);
    let option = quote!(option);
    let value = text(in_option(parts.options.value)?, &option)?;
    let shown = text(in_option(parts.options.label)?, &option)?;
    let (children, ty) = in_option(parts.options.children)?;
    inner(ty, "Vec").filter(|ty| name_of(ty) == name_of(option_ty))?;
    let (name, option_name) = (&item.ident, qualified(option_ty));
    Some(quote! {
        impl types::#name {
            /// What the field takes.
            pub fn kind(&self) -> crate::FieldKind {
                crate::field::kind(&self.description_of_field(1)).kind
            }
            /// Whether the field takes a list of values.
            pub fn is_list(&self) -> bool {
                crate::field::kind(&self.description_of_field(1)).list
            }
            /// The texts that name the options of the field: their labels, or for a cascading field the labels on the
            /// way to each. Empty where the values are not limited.
            pub fn option_names(&self) -> ::std::vec::Vec<::std::string::String> {
                crate::field::option_names(&self.description_of_field(usize::MAX))
            }
            /// Brings a value into the form that the field takes: the label or id of an option, `"Hardware / Laptop"`
            /// for a cascading one, the id of an account, a number, a date, a moment with an offset, text, or JSON in
            /// the field's own form. A field of a list takes one value too.
            ///
            /// An empty value becomes `null`. A field of a kind that is not known takes JSON as it is.
            ///
            /// # Errors
            ///
            /// When the field does not take the value, with what it takes.
            pub fn encode(
                &self,
                value: impl ::serde::Serialize,
            ) -> ::std::result::Result<::serde_json::Value, crate::FieldError> {
                crate::field::encode(&self.description_of_field(usize::MAX), value)
            }
            /// The field with the first of its options: one is enough where only their presence counts.
            fn description_of_field(&self, most: usize) -> crate::field::Description<'_> {
                fn listed(options: &[#option_name]) -> ::std::vec::Vec<crate::field::FieldOption<'_>> {
                    let options = options.iter().map(|option| crate::field::FieldOption {
                        value: #value,
                        label: #shown,
                        children: listed(&option.#children),
                    });
                    options.collect()
                }
                let schema = self.#schema.as_ref();
                crate::field::Description {
                    id: #id.unwrap_or_default(),
                    name: #label.unwrap_or_default(),
                    schema_type: #schema_type,
                    items: #items,
                    system: #system,
                    custom: #custom,
                    options: listed(&self.#options[..self.#options.len().min(most)]),
                }
            }
        }
    })
}

/// The text in a property, as an option of `&str`.
fn text((ident, ty): (&Ident, &Type), holder: &TokenStream) -> Option<TokenStream> {
    match (name_of(ty).as_str(), inner(ty, "Option").map(name_of).as_deref()) {
        ("String", _) => Some(quote!(::std::option::Option::Some(#holder.#ident.as_str()))),
        (_, Some("String")) => Some(quote!(#holder.#ident.as_deref())),
        _ => None,
    }
}

fn qualified(ty: &Type) -> TokenStream {
    quote!(types::#ty)
}
