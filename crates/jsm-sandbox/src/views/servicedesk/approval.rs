//! Approvals.

use serde_json::{Value, json};

use super::links::issue_path;
use super::user::user_by_id;
use crate::domain::entities::approval::{Approval, Decision};
use crate::domain::entities::issue::Issue;
use crate::domain::site::Site;
use crate::message::request::Request;
use crate::views::date::date;

pub(crate) fn approval(site: &Site, issue: &Issue, approval: &Approval, request: &Request) -> Value {
    let approver = |(account_id, decision): &(String, Decision)| {
        let approver = user_by_id(site, account_id, &request.links);
        json!({"approver": approver, "approverDecision": name(*decision)})
    };
    let path = issue_path(issue, &format!("approval/{}", approval.id));
    let mut json = json!({
        "_links": {"self": format!("{}{path}", request.links.base)},
        "id": approval.id.to_string(),
        "name": approval.name,
        "finalDecision": name(approval.decision()),
        "canAnswerApproval": approval.awaits(&request.caller.account_id),
        "approvers": approval.approvers.iter().map(approver).collect::<Vec<_>>(),
        "createdDate": date(approval.created),
    });
    if let Some(completed) = approval.completed {
        json["completedDate"] = date(completed);
    }
    json
}

fn name(decision: Decision) -> &'static str {
    match decision {
        Decision::Pending => "pending",
        Decision::Approved => "approved",
        Decision::Declined => "declined",
    }
}
