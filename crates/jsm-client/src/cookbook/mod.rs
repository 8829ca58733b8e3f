//! Recipes for what programs do most, a page each. Every program on these pages runs in this crate's tests.
//!
//! | to | read |
//! | --- | --- |
//! | call endpoints that this crate does not cover | [`endpoints`] |
//! | change many customers or organizations at once | [`tasks`] |
//! | create requests by the names that people see | [`create_requests`] |
//! | download files over connections that break | [`downloads`] |
//! | export the requests of a service desk with their comments and files | [`exports`] |
//! | import customers with a program that can be killed and run again | [`imports`] |
//! | let accounts authorise an app, keep its tokens, choose a site; use a service account | [`oauth`] |
//! | notice that a site sends what is not documented | [`drift`] |
//! | read and write fields, and the times of SLAs | [`fields`] |
//! | record a real site without its people, and replay it in tests | [`recording`] |
//! | test a program against a fake site | [`sandbox`] |
//! | test a program without a site | [`testing`] |

#[cfg(feature = "servicedesk")]
#[doc = include_str!("create_requests.md")]
pub mod create_requests {}

#[cfg(feature = "servicedesk")]
#[doc = include_str!("downloads.md")]
pub mod downloads {}

#[doc = include_str!("drift.md")]
pub mod drift {}

#[doc = include_str!("endpoints.md")]
pub mod endpoints {}

#[cfg(feature = "servicedesk")]
#[doc = include_str!("exports.md")]
pub mod exports {}

#[cfg(feature = "servicedesk")]
#[doc = include_str!("fields.md")]
pub mod fields {}

#[cfg(feature = "servicedesk")]
#[doc = include_str!("imports.md")]
pub mod imports {}

#[cfg_attr(all(feature = "oauth", feature = "servicedesk"), doc = include_str!("oauth.md"))]
#[cfg_attr(
    not(all(feature = "oauth", feature = "servicedesk")),
    doc = "Access by OAuth 2.0. This page needs the features `oauth` and `servicedesk`."
)]
pub mod oauth {}

#[cfg(feature = "servicedesk")]
#[doc = include_str!("recording.md")]
pub mod recording {}

#[cfg(feature = "servicedesk")]
#[doc = include_str!("sandbox.md")]
pub mod sandbox {}

#[cfg(feature = "csm")]
#[doc = include_str!("tasks.md")]
pub mod tasks {}

#[cfg_attr(feature = "testing", doc = include_str!("testing.md"))]
#[cfg_attr(
    not(feature = "testing"),
    doc = "Tests of a program that calls Jira. This page needs the feature `testing`."
)]
pub mod testing {}
