//! The site as a whole: its version, and its Assets workspaces.

use serde_json::json;

use crate::domain::entities::person::Role;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::date::date;
use crate::views::page::page;
use crate::views::servicedesk::links::API;

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetInfo", Role::Anonymous, info),
    Handler::new("GetAssetsWorkspaces", Role::Customer, workspaces),
    Handler::new("GetInsightWorkspaces", Role::Customer, workspaces),
];

const WORKSPACES: &[&str] = &["a55e7500-0000-4000-8000-000000000001"];
/// Recorded responses have a commit's hash in the place of a version.
const COMMIT: &str = "5a9d0c7e1b2f43869a0c4d5e6f708192a3b4c5d6";
/// 2025-12-01T00:00:00Z.
const BUILT: i64 = 1_764_547_200_000;

fn info(_: &mut Site, request: &Request) -> Outcome {
    Ok(Response::ok(json!({
        "version": COMMIT,
        "platformVersion": "1001.0.0-SNAPSHOT",
        "buildDate": date(BUILT),
        "buildChangeSet": COMMIT,
        "isLicensedForUse": true,
        "_links": {"self": format!("{}{API}/info", request.links.base)},
    })))
}

fn workspaces(_: &mut Site, request: &Request) -> Outcome {
    Ok(Response::ok(page(request, WORKSPACES, &[], |id| json!({"workspaceId": id}))?))
}
