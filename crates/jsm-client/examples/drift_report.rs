//! Reads what an account can see of a site, and prints how the responses differ from the documents: a table in Markdown,
//! each row with the overlay action that records the difference. Nothing is changed on the site.
//!
//! With `JSM_URL`, `JSM_EMAIL` and `JSM_TOKEN` set it reads that site, else a sandbox that behaves oddly.

mod overlay_action;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::sync::{Arc, Mutex, PoisonError};

use jsm_client::csm::entitlement::GetEntitlements;
use jsm_client::csm::types::{EntityType, SearchDetailField};
use jsm_client::serde_json::{self, Value};
use jsm_client::servicedesk::types::{RequestExpand, RequestTypeExpand};
use jsm_client::servicedesk::{
    approval, article, attachment, comment, customer, feedback, info, notification, organization,
    participant, queue, request, request_type, service_desk, sla, status, transition, workspace,
};
use jsm_client::{
    BoxError, Client, ClientBuilder, Drift, DriftKind, DriftReport, Error, Operation, Paginated, csm,
    servicedesk,
};
use jsm_sandbox::{Quirk, Sandbox};

use overlay_action::{OverlayAction, overlay_action, unite};

/// How many objects of each list are looked at one by one. A page has this many items, too.
const SAMPLE: u64 = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let (builder, _sandbox) = if env::var_os("JSM_URL").is_some() {
        (ClientBuilder::from_env()?, None)
    } else {
        let odd = [Quirk::UnknownFields, Quirk::NewEnumValues, Quirk::NumericIds, Quirk::Nulls];
        let sandbox = odd.into_iter().fold(Sandbox::builder(), |sandbox, quirk| sandbox.quirk(quirk));
        let sandbox = sandbox.start().await?;
        let builder = Client::builder(sandbox.url()).api_token(sandbox.email(), sandbox.token());
        (builder, Some(sandbox))
    };
    let rows: Arc<Mutex<Rows>> = Arc::default();
    let observed = Arc::clone(&rows);
    let builder = builder.observe_drift(move |report| {
        observed.lock().unwrap_or_else(PoisonError::into_inner).add(report);
    });
    let mut reader = Reader { jira: builder.experimental(true).build()?, unread: BTreeMap::new() };
    reader.site().await;
    let (organizations, people) = reader.organizations().await;
    reader.service_desks().await;
    reader.requests().await;
    reader.customer_service(organizations, people).await;

    rows.lock().unwrap_or_else(PoisonError::into_inner).print();
    for (operation, why) in &reader.unread {
        eprintln!("{operation} was not read: {why}");
    }
    Ok(())
}

/// What was found, one row for each place in a document.
#[derive(Default)]
struct Rows(BTreeMap<(&'static str, String, String), Row>);

/// A difference, the first report that had it, and the operations that had it.
struct Row {
    report: DriftReport,
    drift: Drift,
    operations: BTreeSet<&'static str>,
}

impl Rows {
    fn add(&mut self, report: &DriftReport) {
        for drift in &report.drift {
            let name = drift.path.rsplit(['.', ']']).next().unwrap_or_default();
            let place = format!("{} {name}", drift.pointer);
            // A field is one row, whatever its values are.
            let kind = match drift.kind {
                DriftKind::UnknownField { .. } => "unknown field".to_owned(),
                ref kind => kind.to_string(),
            };
            let first = || Row { report: report.clone(), drift: drift.clone(), operations: BTreeSet::new() };
            let row = self.0.entry((report.operation.api, place, kind)).or_insert_with(first);
            row.operations.insert(report.operation.name);
            unite(&mut row.drift.kind, &drift.kind);
        }
    }

    fn print(&self) {
        println!("| operations | status, path | drift | overlay action |");
        println!("| --- | --- | --- | --- |");
        let documents = [("csm", csm::DOCUMENT), ("servicedesk", servicedesk::DOCUMENT)];
        let documents: BTreeMap<&str, Value> =
            documents.map(|(api, text)| (api, serde_json::from_str(text).unwrap_or_default())).into();
        for ((api, ..), Row { report, drift, operations }) in &self.0 {
            let action = match overlay_action(&documents[api], report, drift) {
                Ok(OverlayAction { file, yaml }) => format!("`openapi/{api}/{file}`: `{yaml}`"),
                Err(instead) => instead.to_owned(),
            };
            let others = match operations.len() {
                1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            let (operation, status) = (report.operation.name, report.status.as_u16());
            println!("| {operation}{others} | {status} `{}` | {} | {action} |", drift.path, drift.kind);
        }
        println!("\n{} differences", self.0.len());
    }
}

/// Reads one thing after the other. What cannot be read is noted, and the rest is read all the same.
struct Reader {
    jira: Client,
    unread: BTreeMap<&'static str, Error>,
}

impl Reader {
    async fn get<O: Operation>(&mut self, operation: O) -> Option<O::Output> {
        let read = self.jira.call(operation).await;
        read.map_err(|error| self.unread.insert(O::INFO.name, error)).ok()
    }

    async fn list<O: Paginated>(&mut self, operation: O) -> Vec<O::Item> {
        let mut items = self.jira.items(operation).max_items(SAMPLE);
        let mut read = Vec::new();
        loop {
            match items.try_next().await {
                Ok(Some(item)) => read.push(item),
                Ok(None) => return read,
                Err(error) => {
                    self.unread.insert(O::INFO.name, error);
                    return read;
                }
            }
        }
    }

    async fn site(&mut self) {
        self.get(info::GetInfo::new()).await;
        self.list(workspace::GetAssetsWorkspaces::new()).await;
        self.list(workspace::GetInsightWorkspaces::new()).await;
        self.list(article::SearchArticles::new("a")).await;
        self.list(request_type::SearchRequestTypes::new()).await;
    }

    /// The organizations of the site, and the people in them.
    async fn organizations(&mut self) -> (Vec<servicedesk::OrganizationId>, Vec<String>) {
        let (mut ids, mut people) = (Vec::new(), Vec::new());
        for found in self.list(organization::GetOrganizations::new()).await {
            self.get(organization::GetOrganization::new(&found.id)).await;
            let users = self.list(organization::GetOrganizationUsers::new(&found.id)).await;
            people.extend(users.into_iter().map(|user| user.account_id.to_string()));
            let keys = self.get(organization::GetOrganizationPropertyKeys::new(&found.id)).await;
            for property in keys.into_iter().flat_map(|keys| keys.keys).take(1) {
                self.get(organization::GetOrganizationProperty::new(&found.id, property.key)).await;
            }
            ids.push(found.id);
        }
        (ids, people)
    }

    async fn service_desks(&mut self) {
        for desk in self.list(service_desk::GetServiceDesks::new()).await {
            let desk = desk.id;
            self.get(service_desk::GetServiceDesk::new(&desk)).await;
            self.list(customer::GetCustomers::new(&desk)).await;
            self.list(organization::GetServiceDeskOrganizations::new(&desk)).await;
            self.list(article::SearchServiceDeskArticles::new(&desk, "a")).await;
            self.list(request_type::GetRequestTypeGroups::new(&desk)).await;
            for queue in self.list(queue::GetQueues::new(&desk).include_count(true)).await {
                self.get(queue::GetQueue::new(&desk, &queue.id).include_count(true)).await;
                self.list(queue::GetQueueIssues::new(&desk, &queue.id)).await;
            }
            let types = request_type::GetRequestTypes::new(&desk).expand([RequestTypeExpand::Field]);
            for found in self.list(types).await {
                self.get(request_type::GetRequestType::new(&desk, &found.id)).await;
                self.get(request_type::GetRequestTypeFields::new(&desk, &found.id)).await;
                let keys = self.get(request_type::GetRequestTypePropertyKeys::new(&desk, &found.id)).await;
                for property in keys.into_iter().flat_map(|keys| keys.keys).take(1) {
                    let key = property.key;
                    self.get(request_type::GetRequestTypeProperty::new(&desk, &found.id, key)).await;
                }
            }
        }
    }

    async fn requests(&mut self) {
        let all = [
            RequestExpand::Attachment,
            RequestExpand::Comment,
            RequestExpand::Participant,
            RequestExpand::RequestType,
            RequestExpand::ServiceDesk,
            RequestExpand::Sla,
            RequestExpand::Status,
        ];
        for found in self.list(request::GetRequests::new().expand(all.clone())).await {
            let key = found.issue_key;
            self.get(request::GetRequest::new(&key).expand(all.clone())).await;
            self.get(notification::GetSubscription::new(&key)).await;
            self.get(feedback::GetFeedback::new(&key)).await;
            self.list(participant::GetParticipants::new(&key)).await;
            self.list(status::GetStatusHistory::new(&key)).await;
            self.list(transition::GetTransitions::new(&key)).await;
            self.list(attachment::GetRequestAttachments::new(&key)).await;
            for approval in self.list(approval::GetApprovals::new(&key)).await {
                self.get(approval::GetApproval::new(&key, approval.id)).await;
            }
            for comment in self.list(comment::GetComments::new(&key)).await {
                self.get(comment::GetComment::new(&key, &comment.id)).await;
                self.list(attachment::GetCommentAttachments::new(&key, &comment.id)).await;
            }
            for sla in self.list(sla::GetSlas::new(&key)).await {
                self.get(sla::GetSla::new(&key, sla.id)).await;
            }
        }
    }

    async fn customer_service(
        &mut self,
        organizations: Vec<servicedesk::OrganizationId>,
        people: Vec<String>,
    ) {
        self.get(csm::customer::GetCustomerDetailFields::new()).await;
        self.get(csm::organization::GetOrganizationDetailFields::new()).await;
        self.get(csm::entitlement::GetEntitlementDetailFields::new()).await;
        for product in self.list(csm::product::GetProducts::new()).await {
            self.get(csm::product::GetProduct::new(product.id)).await;
        }
        let mut entitlements = Vec::new();
        for id in organizations.into_iter().map(csm::OrganizationId::from) {
            self.get(csm::organization::GetOrganization::new(&id)).await;
            self.get(csm::organization::GetOrganizationProfile::new(&id)).await;
            self.get(csm::organization::FetchOrganizationProfiles::new([&id])).await;
            self.get(csm::organization::FetchOrganizations::new().organization_ids([&id])).await;
            let of_organization = GetEntitlements::new(id.as_str(), EntityType::Organization);
            self.list(of_organization).await;
            entitlements.extend(self.get(csm::organization::GetOrganizationEntitlements::new(&id)).await);
        }
        for id in people {
            let customer = self.get(csm::customer::GetCustomer::new(&id)).await;
            for detail in customer.into_iter().flat_map(|customer| customer.details).take(1) {
                let same = detail.values.first().map(|value| SearchDetailField::new(detail.name, value));
                self.list(csm::customer::SearchCustomersByDetailField::new(same)).await;
            }
            self.get(csm::customer::GetCustomerAccount::new(&id)).await;
            self.get(csm::customer::GetCustomerProfile::new(&id)).await;
            self.get(csm::customer::FetchCustomerProfiles::new([&id])).await;
            self.get(csm::customer::GetAccessibleExperiences::new(&id)).await;
            self.list(GetEntitlements::new(&id, EntityType::Customer)).await;
            entitlements.extend(self.get(csm::customer::GetCustomerEntitlements::new(&id)).await);
        }
        for entitlement in entitlements.into_iter().flatten() {
            self.get(csm::entitlement::GetEntitlement::new(entitlement.id)).await;
        }
    }
}
