//! A builder from the variables of the environment.

use std::env;
use std::ffi::OsString;

use crate::auth::credentials::Fixed;
use crate::builder::ClientBuilder;
use crate::client::Client;
use crate::error::printable::trimmed;
use crate::error::{Error, Result};
use crate::transport::site::Site;

/// The names of the variables.
const URL: &str = "JSM_URL";
const EMAIL: &str = "JSM_EMAIL";
const TOKEN: &str = "JSM_TOKEN";
const CLOUD_ID: &str = "JSM_CLOUD_ID";

impl ClientBuilder {
    /// Starts to configure a client of the site that the environment names.
    ///
    /// | variable | value |
    /// | --- | --- |
    /// | `JSM_URL` | the site's address, for example `https://acme.atlassian.net` |
    /// | `JSM_EMAIL` | the email address of the account |
    /// | `JSM_TOKEN` | an API token of the account |
    /// | `JSM_CLOUD_ID` | for a scoped API token only: the site's cloud id |
    ///
    /// With `JSM_CLOUD_ID`, the token is a scoped one, as service accounts have, and all requests go through the gateway,
    /// which alone accepts it: see [`scoped_api_token`](Self::scoped_api_token). Leave the variable out for a token
    /// without scopes, which goes to the site: see [`api_token`](Self::api_token).
    ///
    /// ```no_run
    /// # fn example() -> jsm_client::Result<()> {
    /// let jira = jsm_client::ClientBuilder::from_env()?.build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`Configuration`](crate::ErrorKind::Configuration), with the name of the variable, when a required one is
    /// missing, and when one is empty, is not Unicode, or has a value that is not valid. The value of `JSM_TOKEN` is in
    /// no error.
    pub fn from_env() -> Result<Self> {
        from_vars(env::var_os::<&str>)
    }
}

/// A builder from variables.
fn from_vars(value: impl Fn(&'static str) -> Option<OsString>) -> Result<ClientBuilder> {
    let optional = |name: &'static str| match value(name).map(OsString::into_string) {
        None => Ok(None),
        Some(Ok(value)) if trimmed(&value).is_empty() => Err(invalid(name, "is empty")),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(_)) => Err(invalid(name, "is not Unicode")),
    };
    let required = |name: &'static str, what: &str| {
        optional(name)?.ok_or_else(|| invalid(name, &format!("is missing; set it to {what}")))
    };
    let site = required(URL, "the site's address, for example https://acme.atlassian.net")?;
    let email = required(EMAIL, "the email address of the account")?;
    let token = required(TOKEN, "an API token of the account")?;
    let cloud_id = optional(CLOUD_ID)?;

    // What the builder would refuse is refused here, where the variable is known.
    let of = |names: &'static str| move |error: Error| error.map_note(|note| format!("{names}: {note}"));
    Site::new(&site, None, false, None, true).map_err(of(URL))?;
    Site::new(&site, None, false, cloud_id.clone(), true).map_err(of(CLOUD_ID))?;
    Fixed::api_token(&email, &"any".into(), false).map_err(of(EMAIL))?;
    let token = token.into();
    Fixed::api_token(&email, &token, false).map_err(of(TOKEN))?;

    let builder = Client::builder(site);
    Ok(match cloud_id {
        Some(id) => builder.scoped_api_token(email, token).cloud_id(id),
        None => builder.api_token(email, token),
    })
}

fn invalid(name: &str, why: &str) -> Error {
    Error::configuration(format!("the environment variable {name} {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Vars<'a> = &'a [(&'a str, &'a str)];

    const SITE: (&str, &str) = (URL, "https://acme.atlassian.net");
    const ADA: (&str, &str) = (EMAIL, "ada@example.com");
    const SECRET: (&str, &str) = (TOKEN, "s3cr3t-t0k3n");
    const ID: (&str, &str) = (CLOUD_ID, "11111111-2222-3333-4444-555555555555");

    fn built(vars: Vars<'_>) -> Result<Client> {
        from_vars(|name| {
            vars.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })?
        .build()
    }

    #[test]
    fn a_cloud_id_means_a_scoped_token() {
        for (vars, gateway) in [
            (&[SITE, ADA, SECRET] as Vars<'_>, false),
            (&[SITE, ADA, SECRET, ID], true),
            (&[(URL, " https://acme.atlassian.net/\n"), ADA, (TOKEN, "s3cr3t\r\n")], false),
            (&[(URL, "https://api.atlassian.com/ex/jira/a1"), ADA, SECRET], true),
        ] {
            let client = built(vars).unwrap();
            let paths = crate::transport::site::BasePaths { api: "", site: Some(""), gateway: Some("/x") };
            assert_eq!(client.session().transport.site.uses_gateway(paths), gateway, "{vars:?}");
        }
    }

    #[test]
    fn an_error_names_the_variable_and_never_the_token() {
        for (vars, name) in [
            (&[ADA, SECRET] as Vars<'_>, URL),
            (&[SITE, SECRET], EMAIL),
            (&[SITE, ADA], TOKEN),
            (&[(URL, ""), ADA, SECRET], URL),
            (&[SITE, (EMAIL, " "), SECRET], EMAIL),
            (&[SITE, ADA, (TOKEN, "\n")], TOKEN),
            (&[SITE, ADA, SECRET, (CLOUD_ID, "")], CLOUD_ID),
            (&[(URL, "acme.atlassian.net"), ADA, SECRET], URL),
            (&[(URL, "https://acme.atlassian.net/jira"), ADA, SECRET], URL),
            (&[SITE, (EMAIL, "ada:x"), SECRET], EMAIL),
            (&[SITE, ADA, (TOKEN, "s3cr3t\nt0k3n")], TOKEN),
            (&[SITE, ADA, SECRET, (CLOUD_ID, "../x")], CLOUD_ID),
            (&[(URL, "https://api.atlassian.com/ex/jira/a1"), ADA, SECRET, ID], CLOUD_ID),
        ] {
            let error = built(vars).expect_err(name);
            let text = format!("{error} {error:?}");
            assert!(error.is_configuration() && text.contains(name) && !text.contains("s3cr3t"), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_unicode_is_refused() {
        use std::os::unix::ffi::OsStringExt;
        for name in [URL, EMAIL, TOKEN, CLOUD_ID] {
            let valid = [SITE, ADA, SECRET, ID];
            let vars = |wanted: &'static str| match wanted == name {
                true => Some(OsString::from_vec(b"s3cr3t\xff".to_vec())),
                false => valid.iter().find(|(known, _)| *known == wanted).map(|(_, value)| value.into()),
            };
            let error = from_vars(vars).expect_err(name);
            let wanted = format!("the environment variable {name} is not Unicode");
            assert_eq!(error.to_string(), wanted);
        }
    }
}
