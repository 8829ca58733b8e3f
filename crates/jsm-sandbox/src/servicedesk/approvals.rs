//! Approvals: who has to agree to a request, and what they said.
//!
//! Which request types ask for them is part of the world.

use serde_json::{Value, json};

use super::requests;
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::date;
use crate::page::page;
use crate::reply::{Outcome, Reply};
use crate::world::{Approval, DECLINED, Decision, Request, WAITING_FOR_SUPPORT, World};

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("GetApprovals", Role::Customer, list),
    Behaviour::new("GetApproval", Role::Customer, get),
    Behaviour::new("AnswerApproval", Role::Customer, answer),
];

fn list(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    page(call, &request.approvals, &[], |approval| render(world, request, approval, call))
}

fn get(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    Ok(Reply::ok(render(world, request, in_path(request, call)?, call)))
}

fn answer(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    let (request_id, id) = (request.id, in_path(request, call)?.id);
    let decision = match call.text("decision") {
        Some("approve") => Decision::Approved,
        Some("decline") => Decision::Declined,
        _ => return Err(Reply::invalid("The decision is approve or decline.")),
    };
    let now = call.now;
    let request = world.request_mut(request_id)?;
    let approval = request.approvals.iter_mut().find(|approval| approval.id == id);
    let approval = approval.ok_or_else(|| Reply::not_found("The approval"))?;
    let me = approval.approvers.iter().position(|(approver, _)| *approver == call.actor.account_id);
    let me = me.ok_or_else(|| Reply::forbidden("You are not asked to approve this request."))?;
    if approval.completed.is_some() || approval.approvers[me].1 != Decision::Pending {
        return Err(Reply::refuse(409, "sd.approval.error.answered", "The approval was answered already."));
    }
    approval.approvers[me].1 = decision;
    let outcome = approval.decision();
    if outcome != Decision::Pending {
        approval.completed = Some(now);
        request.go_to(if outcome == Decision::Approved { WAITING_FOR_SUPPORT } else { DECLINED }, now);
    }
    let request = requests::in_path(world, call)?;
    Ok(Reply::ok(render(world, request, in_path(request, call)?, call)))
}

fn in_path<'a>(request: &'a Request, call: &Call) -> Result<&'a Approval, Reply> {
    let id = call.path_number("approvalId", "The approval")?;
    let approval = request.approvals.iter().find(|approval| approval.id == id);
    approval.ok_or_else(|| Reply::not_found("The approval"))
}

fn render(world: &World, request: &Request, approval: &Approval, call: &Call) -> Value {
    let pending = |(approver, decision): &(String, Decision)| {
        *approver == call.actor.account_id && *decision == Decision::Pending
    };
    let approvers: Vec<Value> = approval
        .approvers
        .iter()
        .map(|(approver, decision)| {
            json!({"approver": requests::person(world, approver, call), "approverDecision": decision.name()})
        })
        .collect();
    let mut json = json!({
        "_links": {
            "self": format!("{}/rest/servicedeskapi/request/{}/approval/{}", call.base, request.id, approval.id),
        },
        "id": approval.id.to_string(),
        "name": approval.name,
        "finalDecision": approval.decision().name(),
        "canAnswerApproval": approval.completed.is_none() && approval.approvers.iter().any(pending),
        "approvers": approvers,
        "createdDate": date::render(approval.created),
    });
    if let Some(completed) = approval.completed {
        json["completedDate"] = date::render(completed);
    }
    json
}
