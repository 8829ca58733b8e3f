//! What concerns the site as a whole: its version and its Assets workspace.
//!
//! Service desks are elsewhere.

use serde_json::json;

use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::date;
use crate::page::page;
use crate::reply::{Outcome, Reply};
use crate::world::World;

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("GetInfo", Role::Anonymous, info),
    Behaviour::new("GetAssetsWorkspaces", Role::Customer, workspaces),
    Behaviour::new("GetInsightWorkspaces", Role::Customer, workspaces),
];

const WORKSPACES: &[&str] = &["a55e7500-0000-4000-8000-000000000001"];

fn info(_: &mut World, call: &Call) -> Outcome {
    Ok(Reply::ok(json!({
        // Recorded answers carry a commit's hash in the place of a version.
        "version": "5a9d0c7e1b2f43869a0c4d5e6f708192a3b4c5d6",
        "platformVersion": "1001.0.0-SNAPSHOT",
        "buildDate": date::render(1_764_547_200_000),
        "buildChangeSet": "5a9d0c7e1b2f43869a0c4d5e6f708192a3b4c5d6",
        "isLicensedForUse": true,
        "_links": {"self": format!("{}/rest/servicedeskapi/info", call.base)},
    })))
}

fn workspaces(_: &mut World, call: &Call) -> Outcome {
    page(call, WORKSPACES, &[], |id| json!({"workspaceId": id}))
}
