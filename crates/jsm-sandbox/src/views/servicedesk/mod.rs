//! Things as Jira Service Management writes them.

pub(crate) mod links; // Addresses of the API's things.
pub(crate) mod rich_text; // Texts as HTML.

pub(crate) mod organization;
pub(crate) mod request_type;
pub(crate) mod service_desk;
pub(crate) mod user;

pub(crate) mod approval;
pub(crate) mod article;
pub(crate) mod attachment;
pub(crate) mod comment;
pub(crate) mod issue;
pub(crate) mod property;
pub(crate) mod queue;
pub(crate) mod sla;
pub(crate) mod status;
