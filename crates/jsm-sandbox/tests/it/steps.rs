//! A request for every operation of both APIs, in an order in which each finds what it needs.

use jsm_raw::OperationInfo;
use jsm_raw::samples::Sample;
use serde_json::{Value, json};

use crate::client::{TestClient, customer};

/// The name of an operation, the path with its values and query, the body, and the status of the response.
pub(crate) type Step = (&'static str, String, Value, u16);

pub(crate) const NOTHING: Value = Value::Null;

/// The document of an operation.
pub(crate) fn document(info: &OperationInfo) -> Value {
    let text = if info.api == "csm" { jsm_raw::csm::DOCUMENT } else { jsm_raw::servicedesk::DOCUMENT };
    serde_json::from_str(text).unwrap()
}

pub(crate) fn operations() -> impl Iterator<Item = &'static OperationInfo> {
    jsm_raw::servicedesk::OPERATIONS.iter().chain(&jsm_raw::csm::OPERATIONS).copied()
}

/// The operation of a name, in the API that the path belongs to.
pub(crate) fn operation(name: &str, path: &str) -> &'static OperationInfo {
    let api = if path.starts_with("/api/") { "csm" } else { "servicedesk" };
    operations()
        .find(|info| info.api == api && info.name == name)
        .unwrap_or_else(|| panic!("no operation {name}"))
}

pub(crate) fn samples() -> Vec<Sample> {
    [jsm_raw::servicedesk::samples(), jsm_raw::csm::samples()].into_iter().flatten().collect()
}

/// An upload of a text and an image.
pub(crate) fn upload(client: &TestClient<'_>, path: &str) -> reqwest::RequestBuilder {
    let part = |name: &str, media: &str, content: &str| {
        let disposition = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
        format!("--edge\r\n{disposition}\r\nContent-Type: {media}\r\n\r\n{content}\r\n")
    };
    let body =
        part("note.txt", "text/plain", "hello") + &part("dot.png", "image/png", "png") + "--edge--\r\n";
    client
        .request("POST", path)
        .header("X-Atlassian-Token", "no-check")
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(body)
}

#[rustfmt::skip]
pub(crate) fn servicedesk() -> Vec<Step> {
    let desk = |rest: &str| format!("/rest/servicedeskapi/servicedesk/projectKey:HELP{rest}");
    let request = |rest: &str| format!("/rest/servicedeskapi/request/HELP-1{rest}");
    let organization = |rest: &str| format!("/rest/servicedeskapi/organization{rest}");
    let api = |rest: &str| format!("/rest/servicedeskapi{rest}");
    let people = json!({"accountIds": [customer(0), customer(1)]});
    let new_request = json!({
        "serviceDeskId": "1", "requestTypeId": "1", "raiseOnBehalfOf": customer(3), "requestParticipants": [customer(4)],
        "requestFieldValues": {"summary": "No sound", "duedate": "2026-02-01"},
    });
    let temporary = |number: u64| format!("7e4f0000-0000-4000-8000-{number:012x}");
    vec![
        ("GetInfo", api("/info"), NOTHING, 200),
        ("GetAssetsWorkspaces", api("/assets/workspace"), NOTHING, 200),
        ("GetInsightWorkspaces", api("/insight/workspace?start=0&limit=5"), NOTHING, 200),
        ("GetServiceDesks", api("/servicedesk?limit=1"), NOTHING, 200),
        ("GetServiceDesk", desk(""), NOTHING, 200),
        ("CreateCustomer", api("/customer"), json!({"email": "new@example.com", "displayName": "Nina New"}), 201),
        ("AddCustomers", desk("/customer"), json!({"accountIds": [customer(250)]}), 204),
        ("GetCustomers", desk("/customer?query=nina&limit=100"), NOTHING, 200),
        ("RemoveCustomers", desk("/customer"), json!({"accountIds": [customer(250)]}), 204),
        ("RevokePortalOnlyAccess", api(&format!("/customer/user/{}/revoke-portal-only-access", customer(250))), NOTHING, 204),
        ("InviteCustomer", desk("/customer/invite"), json!({"email": "in@example.com", "displayName": "Ingo In"}), 201),
        ("GetOrganizations", organization(&format!("?accountId={}", customer(0))), NOTHING, 200),
        ("CreateOrganization", organization(""), json!({"name": "Fern Films"}), 201),
        ("GetOrganization", organization("/6"), NOTHING, 200),
        ("AddOrganizationUsers", organization("/6/user"), people.clone(), 204),
        ("GetOrganizationUsers", organization("/6/user"), NOTHING, 200),
        ("RemoveOrganizationUsers", organization("/6/user"), people.clone(), 204),
        ("AddServiceDeskOrganization", desk("/organization"), json!({"organizationId": 6}), 204),
        ("GetServiceDeskOrganizations", desk("/organization"), NOTHING, 200),
        ("RemoveServiceDeskOrganization", desk("/organization"), json!({"organizationId": 6}), 204),
        ("SetOrganizationProperty", organization("/6/property/color"), json!({"hex": "#0f0"}), 201),
        ("GetOrganizationPropertyKeys", organization("/6/property"), NOTHING, 200),
        ("GetOrganizationProperty", organization("/6/property/color"), NOTHING, 200),
        ("DeleteOrganizationProperty", organization("/6/property/color"), NOTHING, 204),
        ("DeleteOrganization", organization("/6"), NOTHING, 204),
        ("SearchRequestTypes", api("/requesttype?searchQuery=help&expand=field&serviceDeskId=1,2"), NOTHING, 200),
        ("GetRequestTypes", desk("/requesttype?groupId=10&restrictionStatus=open"), NOTHING, 200),
        ("CreateRequestType", desk("/requesttype"), json!({"name": "Parking", "issueTypeId": "10001"}), 200),
        ("GetRequestType", desk("/requesttype/7"), NOTHING, 200),
        ("GetRequestTypeFields", desk("/requesttype/1/field?expand=hiddenFields"), NOTHING, 200),
        ("GetRequestTypeGroups", desk("/requesttypegroup"), NOTHING, 200),
        ("CheckRequestTypePermissions", desk("/requesttype/permissions/check"),
            json!({"permissions": ["canCreateRequest", "canAdminister"], "requestTypeIds": [1, 2, 99]}), 200),
        ("SetRequestTypeProperty", desk("/requesttype/7/property/form"), json!("blue"), 201),
        ("GetRequestTypePropertyKeys", desk("/requesttype/7/property"), NOTHING, 200),
        ("GetRequestTypeProperty", desk("/requesttype/7/property/form"), NOTHING, 200),
        ("DeleteRequestTypeProperty", desk("/requesttype/7/property/form"), NOTHING, 204),
        ("DeleteRequestType", desk("/requesttype/7"), NOTHING, 204),
        ("ValidateRequest", api("/request/validate"), new_request.clone(), 200),
        ("CreateRequest", api("/request"), new_request, 201),
        ("GetRequests", api("/request?requestStatus=OPEN_REQUESTS&expand=sla&expand=status,comment.attachment"), NOTHING, 200),
        ("GetRequest", request("?expand=participant,requestType,serviceDesk,attachment,action,comment.renderedBody"), NOTHING, 200),
        ("CreateComment", request("/comment"), json!({"body": "Soon.", "public": true}), 201),
        ("GetComments", request("/comment?internal=false"), NOTHING, 200),
        ("GetComment", request("/comment/1000"), NOTHING, 200),
        ("AttachTemporaryFiles", desk("/attachTemporaryFile"), NOTHING, 201),
        ("AddRequestAttachments", request("/attachment"), json!({
            "temporaryAttachmentIds": [temporary(1), temporary(2)], "public": true, "additionalComment": {"body": "See these."},
        }), 201),
        ("GetRequestAttachments", request("/attachment?start=0&limit=10"), NOTHING, 200),
        ("GetCommentAttachments", request("/comment/1041/attachment"), NOTHING, 200),
        ("GetAttachmentContent", request("/attachment/30000"), NOTHING, 303),
        ("GetAttachmentThumbnail", request("/attachment/30001/thumbnail"), NOTHING, 303),
        ("AddParticipants", request("/participant"), people.clone(), 200),
        ("GetParticipants", request("/participant"), NOTHING, 200),
        ("RemoveParticipants", request("/participant"), people, 200),
        ("Subscribe", request("/notification"), NOTHING, 204),
        ("GetSubscription", request("/notification"), NOTHING, 200),
        ("Unsubscribe", request("/notification"), NOTHING, 204),
        ("PostFeedback", request("/feedback"), json!({"rating": 4, "type": "csat", "comment": {"body": "Good."}}), 201),
        ("GetFeedback", request("/feedback"), NOTHING, 200),
        ("DeleteFeedback", request("/feedback"), NOTHING, 204),
        ("GetApprovals", api("/request/HELP-31/approval"), NOTHING, 200),
        ("GetApproval", api("/request/HELP-31/approval/1"), NOTHING, 200),
        ("AnswerApproval", api("/request/HELP-31/approval/1"), json!({"decision": "approve"}), 200),
        ("GetTransitions", request("/transition"), NOTHING, 200),
        ("PerformTransition", request("/transition"), json!({"id": "21", "additionalComment": {"body": "Done."}}), 204),
        ("GetStatusHistory", request("/status"), NOTHING, 200),
        ("GetSlas", request("/sla"), NOTHING, 200),
        ("GetSla", request("/sla/2"), NOTHING, 200),
        ("GetQueues", desk("/queue?includeCount=true"), NOTHING, 200),
        ("GetQueue", desk("/queue/10"), NOTHING, 200),
        ("GetQueueIssues", desk("/queue/10/issue"), NOTHING, 200),
        ("SearchArticles", api("/knowledgebase/article?query=order&highlight=true&limit=1"), NOTHING, 200),
        ("SearchServiceDeskArticles", desk("/knowledgebase/article?query=printer"), NOTHING, 200),
        ("ViewArticle", api("/knowledgebase/article/view/65537"), NOTHING, 200),
    ]
}

#[rustfmt::skip]
pub(crate) fn csm() -> Vec<Step> {
    let api = |rest: &str| format!("/api/v1{rest}");
    let one = |rest: &str| format!("/api/v1/customer/{}{rest}", customer(0));
    let center = |number: u64, rest: &str| format!("/api/v1/helpcenter/c0e00000-0000-4000-8000-{number:012x}{rest}");
    let product = |number: u64| format!("9c0d0c70-0000-4000-8000-{number:012x}");
    let entitlement = |number: u64, rest: &str| format!("/api/v1/entitlement/e0717100-0000-4000-8000-{number:012x}{rest}");
    let details = json!([{"name": "Region", "values": ["EU"]}]);
    let operations = json!([{"operationType": "UPDATE", "payload": {"name": "Language", "values": ["en"]}}]);
    let tiers = json!([{"operationType": "PATCH", "payload": {"name": "Tier", "values": ["Gold"]}}]);
    vec![
        ("CreateCustomerAccount", api("/customer"), json!({"email": "max@example.com", "displayName": "Max"}), 201),
        ("GetCustomerAccount", api(&format!("/customer/account/{}", customer(252))), NOTHING, 200),
        ("UpdateCustomerAccount", api(&format!("/customer/account/{}", customer(252))), json!({"displayName": "Maxi"}), 200),
        ("DeleteCustomerAccount", api(&format!("/customer/account/{}", customer(252))), NOTHING, 204),
        ("GetCustomer", one(""), NOTHING, 200),
        ("SetCustomerDetail", one("/details?fieldName=Region"), json!({"values": ["EU"]}), 200),
        ("SearchCustomersByDetailField", api("/customer/search-by-detail-field?maxResults=2"),
            json!({"detailFields": [{"name": "region", "value": "EU"}]}), 200),
        ("GetAccessibleExperiences", one("/customer-experiences"), NOTHING, 200),
        ("GetCustomerDetailFields", api("/customer/details"), NOTHING, 200),
        ("CreateCustomerDetailField", api("/customer/details"), json!({"name": "Plan", "type": {"name": "SELECT", "options": ["A"]}}), 201),
        ("UpdateCustomerDetailField", api("/customer/details/Plan"), json!({"name": "Rate", "options": ["A", "B"]}), 200),
        ("DeleteCustomerDetailField", api("/customer/details/Rate"), NOTHING, 204),
        ("GetOrganizationDetailFields", api("/organization/details"), NOTHING, 200),
        ("CreateOrganizationDetailField", api("/organization/details"), json!({"name": "Size", "type": {"name": "TEXT"}}), 201),
        ("UpdateOrganizationDetailField", api("/organization/details/Size"), json!({"name": "Heads"}), 200),
        ("DeleteOrganizationDetailField", api("/organization/details/Heads"), NOTHING, 204),
        ("GetEntitlementDetailFields", api("/entitlement/details"), NOTHING, 200),
        ("CreateEntitlementDetailField", api("/entitlement/details"), json!({"name": "Until", "type": {"name": "DATE"}}), 201),
        ("UpdateEntitlementDetailField", api("/entitlement/details/Until"), json!({"name": "Ends"}), 200),
        ("DeleteEntitlementDetailField", api("/entitlement/details/Ends"), NOTHING, 204),
        ("CreateProduct", api("/product"), json!({"name": "Gizmo"}), 200),
        ("GetProducts", api("/product?limit=2"), NOTHING, 200),
        ("GetProduct", api(&format!("/product/{}", product(4))), NOTHING, 200),
        ("RenameProduct", api(&format!("/product/{}", product(4))), json!({"name": "Gizmo 2"}), 200),
        ("DeleteProduct", api(&format!("/product/{}", product(4))), NOTHING, 204),
        ("CreateCustomerEntitlement", one("/entitlement"), json!({"productId": product(1)}), 201),
        ("GetCustomerEntitlements", one("/entitlement"), NOTHING, 200),
        ("CreateOrganizationEntitlement", api("/organization/1/entitlement"), json!({"productId": product(2)}), 201),
        ("GetOrganizationEntitlements", api("/organization/1/entitlement"), NOTHING, 200),
        ("GetEntitlements", api("/entitlements?entityType=ORGANIZATION&entityId=1"), NOTHING, 200),
        ("GetEntitlement", entitlement(1, ""), NOTHING, 200),
        ("SetEntitlementDetail", entitlement(1, "/details?fieldName=Seats"), json!({"values": ["5"]}), 200),
        ("GetCustomerProfile", api(&format!("/customer/profile/{}?expand=accessibleCustomerExperiences", customer(0))), NOTHING, 200),
        ("DeleteEntitlement", entitlement(1, ""), NOTHING, 204),
        ("CreateCustomerProfile", api("/customer/profile"), json!({
            "email": "pia@example.com", "displayName": "Pia", "details": details,
            "associateOrganizations": {"organizationIds": [1]}, "associateProducts": {"productIds": [product(1)]},
        }), 201),
        ("FetchCustomerProfiles", api("/customer/profile/fetch"), json!({"customerIds": [customer(1), "qm:nobody"]}), 200),
        ("CreateOrganization", api("/organization"), json!({"name": "Gorse Games"}), 201),
        ("GetOrganization", api("/organization/7"), NOTHING, 200),
        ("UpdateOrganization", api("/organization/7"), json!({"name": "Gorse"}), 200),
        ("SetOrganizationDetail", api("/organization/7/details?fieldName=Tier"), json!({"values": ["Gold"]}), 200),
        ("FetchOrganizations", api("/organization/fetch"), json!({"organizationIds": ["7"], "organizationNames": ["Acme"]}), 200),
        ("GetOrganizationProfile", api("/organization/profile/7"), NOTHING, 200),
        ("CreateOrganizationProfile", api("/organization/profile"), json!({
            "name": "Heath Homes", "details": [{"name": "Tier", "values": ["Silver"]}],
            "associateCustomers": {"customerIds": [customer(2)]}, "associateProducts": {"productIds": [product(1)]},
        }), 201),
        ("FetchOrganizationProfiles", api("/organization/profile/fetch"), json!({"organizationIds": ["7", "8"]}), 200),
        ("DeleteOrganization", api("/organization/7"), NOTHING, 204),
        ("GetOrganizationsWithAccess", center(2, "/access/organization?startAt=0&limit=1"), NOTHING, 200),
        ("GrantOrganizationsAccess", center(2, "/access/organization"), json!({"organizationIds": ["3"]}), 204),
        ("RevokeOrganizationAccess", center(2, "/access/organization/3"), NOTHING, 204),
        ("RaiseIssue", center(1, "/issue/HELP-1/raise"), NOTHING, 204),
        ("CreateExternalRequest", api("/request/form/external"), json!({
            "helpCenterId": "c0e00000-0000-4000-8000-000000000001", "origin": "voice", "summary": "Call me", "metadata": {"line": 4},
        }), 201),
        ("AddRequestComment", "/api/v1/request/form/helpcenter/c0e00000-0000-4000-8000-000000000001/issue/HELP-1/comment".to_owned(),
            json!({"comment": "Called."}), 201),
        ("BulkManageCustomerAccounts", api("/customer/bulk"),
            json!({"customerAccounts": [{"operationType": "CREATE", "payload": {"email": "b1@example.com", "displayName": "B"}}]}), 202),
        ("GetTask", api("/tasks/7a5c0000-0000-4000-8000-000000000001"), NOTHING, 200),
        ("BulkManageCustomerProfiles", api("/customer/profile/bulk"), json!({"customerProfiles":
            [{"operationType": "UPSERT", "payload": {"email": "b2@example.com", "details": details}}]}), 202),
        ("BulkManageCustomerDetails", api("/customer/details/bulk"),
            json!({"customers": [{"customerId": customer(5), "operations": operations}]}), 202),
        ("BulkCreateCustomerDetailFields", api("/customer/details/definitions/bulk"),
            json!({"detailFields": [{"name": "Shoe size", "type": {"name": "TEXT"}}]}), 202),
        ("BulkManageOrganizations", api("/organization/bulk"),
            json!({"organizations": [{"operationType": "CREATE", "payload": {"name": "Ivy"}}]}), 202),
        ("BulkManageOrganizationProfiles", api("/organization/profile/bulk"), json!({"organizationProfiles":
            [{"operationType": "UPSERT", "payload": {"name": "Acme", "associateCustomers": {"customerIds": [customer(6)]}}}]}), 202),
        ("BulkManageOrganizationDetails", api("/organization/details/bulk"),
            json!({"organizations": [{"organizationId": "1", "operations": tiers}]}), 202),
        ("BulkCreateOrganizationDetailFields", api("/organization/details/definitions/bulk"),
            json!({"detailFields": [{"name": "Fleet", "type": {"name": "TEXT"}}]}), 202),
    ]
}
