//! The client: every call, list and workflow starts here.

use std::borrow::Cow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
#[cfg(feature = "csm")]
use jsm_raw::BulkOperation;
#[cfg(feature = "servicedesk")]
use jsm_raw::FilePart;
#[cfg(feature = "csm")]
use jsm_raw::csm::{TaskId, types::TaskSubmitResponse};
#[cfg(feature = "servicedesk")]
use jsm_raw::servicedesk::{IssueIdOrKey, RequestTypeId, ServiceDeskId};
use jsm_raw::{Batched, FetchByIds, Operation, Paginated};
use reqwest::Url;

use crate::call::Call;
use crate::pagination::{Items, Pages};
use crate::request::HttpRequest;
use crate::response::Session;
#[cfg(feature = "servicedesk")]
use crate::workflows::attachments::{Attach, Upload, Visibility};
use crate::workflows::batches::InBatches;
#[cfg(feature = "csm")]
use crate::workflows::bulk::Bulk;
use crate::workflows::downloads::Download;
use crate::workflows::lookup::FetchAll;
#[cfg(feature = "servicedesk")]
use crate::workflows::requests::{NewRequest, RequestTypes};
#[cfg(feature = "csm")]
use crate::workflows::tasks::{Task, WaitAll};

/// A client of one site. Clones are cheap, and share connections, rate limits, retry budgets and tokens.
#[derive(Clone)]
pub struct Client(Arc<Session>, #[cfg(feature = "servicedesk")] Arc<RequestTypes>);

impl Client {
    pub(crate) fn new(session: Session) -> Self {
        Self(
            Arc::new(session),
            #[cfg(feature = "servicedesk")]
            Arc::default(),
        )
    }

    #[cfg(test)]
    pub(crate) fn session(&self) -> &Session {
        &self.0
    }

    /// Calls an operation. Await it as it is, or set options first.
    ///
    /// A list of more entries than the server takes in one request is refused before anything is sent, with an error of
    /// kind [`Configuration`](crate::ErrorKind::Configuration); [`in_batches`](Self::in_batches) sends it in several.
    ///
    /// ```
    /// # use jsm_client::{Client, servicedesk::customer::CreateCustomer};
    /// # async fn example(jira: Client) -> jsm_client::Result<()> {
    /// let fred = jira.call(CreateCustomer::new("fred@example.com", "Fred F. User")).await?;
    /// println!("{}", fred.account_id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn call<O: Operation>(&self, operation: O) -> Call<O> {
        Call::new(Arc::clone(&self.0), operation)
    }

    /// Reads a list item by item: a stream over all its pages.
    ///
    /// ```
    /// # use jsm_client::{Client, servicedesk::customer::GetCustomers};
    /// # async fn example(jira: Client) -> jsm_client::Result<()> {
    /// let mut people = jira.items(GetCustomers::new("1").query("smi"));
    /// while let Some(person) = people.try_next().await? {
    ///     println!("{}", person.display_name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn items<O: Paginated>(&self, operation: O) -> Items<O> {
        Items::new(self.pages(operation))
    }

    /// Reads a list page by page: a stream of [`ListPage`](crate::ListPage).
    pub fn pages<O: Paginated>(&self, operation: O) -> Pages<O> {
        Pages::new(Arc::clone(&self.0), operation)
    }

    /// Creates a request as the portal does: with the names of fields and the labels of options.
    ///
    /// The service desk is given by its id or by the key of its project, the request type by its id or by its name. The
    /// fields are checked before anything is sent: a missing, unknown or invalid one is an error that names what is
    /// allowed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = jsm_sandbox::Sandbox::builder().no_violations().start().await?;
    /// # let jira = jsm_client::Client::builder(sandbox.url()).api_token(sandbox.email(), sandbox.token()).build()?;
    /// let created = jira
    ///     .create_request("HELP", "Ask for access")
    ///     .field("summary", "Access to the warehouse")
    ///     .field("System", "Warehouse")
    ///     .await?;
    /// println!("{}", created.issue_key);
    ///
    /// let error = jira.create_request("HELP", "Ask for access").field("System", "Warehose").await.unwrap_err();
    /// assert!(error.error.field_errors().any(|(field, _)| field == "summary"));
    /// assert_eq!(error.fields[0].nearest, ["Warehouse"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// What is read for it is kept for ten minutes and shared by the clones of the client: the ids of service desks, the
    /// names of request types and their fields, by language. A value or name that is not among them is looked for again
    /// before it is refused, and the fields are read again after the server refused a request.
    #[cfg(feature = "servicedesk")]
    pub fn create_request(
        &self,
        desk: impl Into<ServiceDeskId>,
        request_type: impl Into<RequestTypeId>,
    ) -> NewRequest {
        NewRequest::new(Arc::clone(&self.0), Arc::clone(&self.1), desk.into(), request_type.into())
    }

    /// Uploads files to a service desk, in as many requests as needed.
    ///
    /// The server keeps them for a while under temporary ids, which are returned in the order of the files. Attach them
    /// to a request, or use the ids in a field of a new one. To attach files to an existing request, see
    /// [`attach`](Self::attach).
    #[cfg(feature = "servicedesk")]
    pub fn upload(
        &self,
        desk: impl Into<ServiceDeskId>,
        files: impl IntoIterator<Item = FilePart>,
    ) -> Upload {
        Upload::new(Arc::clone(&self.0), desk.into(), files)
    }

    /// Uploads files and attaches them to a request with one comment.
    ///
    /// ```
    /// # use jsm_client::{Client, FilePart, attachments::Visibility};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = jsm_sandbox::Sandbox::start().await?;
    /// # let jira = Client::builder(sandbox.url()).api_token(sandbox.email(), sandbox.token()).build()?;
    /// # let request = jsm_client::servicedesk::request::GetRequests::new();
    /// # let mut requests = jira.items(request);
    /// # let first = requests.try_next().await?.ok_or("no request")?;
    /// # let key = first.issue_key;
    /// let files = [FilePart::bytes("notes.txt", "It is on fire."), FilePart::path("Cargo.toml")];
    /// let attached = jira.attach(key, Visibility::Public, files).comment("As seen today.").await?;
    /// assert_eq!(attached.attachments.ok_or("no list")?.values.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "servicedesk")]
    pub fn attach(
        &self,
        request: impl Into<IssueIdOrKey>,
        visibility: Visibility,
        files: impl IntoIterator<Item = FilePart>,
    ) -> Attach {
        Attach::new(Arc::clone(&self.0), request.into(), visibility, files.into_iter().collect())
    }

    /// Downloads the file that an operation responds with: an attachment, its thumbnail, an article.
    ///
    /// ```
    /// # use jsm_client::{Client, servicedesk::attachment::GetAttachmentContent, servicedesk::types::Attachment};
    /// # async fn example(jira: Client, attachment: Attachment) -> Result<(), Box<dyn std::error::Error>> {
    /// let id = attachment.id().ok_or("the attachment's links name no id")?;
    /// jira.download(GetAttachmentContent::new("HELP-12", id))
    ///     .progress(|progress| println!("{} of {:?}", progress.bytes, progress.total))
    ///     .to_file(std::env::temp_dir().join("report.pdf"))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Up to five redirects are followed, with credentials for the site's own addresses only.
    ///
    /// An HTML page or a JSON document can be the file, or a login page or an error in place of it. It is accepted as the
    /// file when any of these holds:
    ///
    /// - the response has `Content-Disposition: attachment`, or names a file there;
    /// - its media type is the one given by [`media_type`](Download::media_type);
    /// - it comes, after a redirect, from another host than the site's, and its media type is that of the file's name, in
    ///   the address or as given to [`to_file`](Download::to_file).
    ///
    /// Otherwise it is an error of kind [`Html`](crate::ErrorKind::Html), or of the kind of the status in the JSON. An
    /// article of the knowledge base is documented as HTML and is accepted as it is.
    pub fn download<O: Operation<Output = Bytes>>(&self, operation: O) -> Download<O> {
        Download::new(Arc::clone(&self.0), operation)
    }

    /// Submits a bulk change of any length, in batches that the server accepts, and returns one task for each.
    ///
    /// Each batch has an idempotency key of its own, which stays the same in all retries. If the operation has no key, the
    /// keys are random. If it has one, they are made from it, so that a program that starts over with the same entries
    /// submits nothing twice.
    ///
    /// For up to three days, the server responds to the same key and entries with the same task, or with the same
    /// validation errors; the same key with other entries, or with another operation, is an error. Tasks can run in
    /// another order than they were submitted in: if one change depends on another, wait for the first task before you
    /// submit the second.
    ///
    /// When the server has too many unfinished tasks, the batch is submitted again later, until the deadline. The server
    /// reports that in English text only; with a [`Language`](crate::Language) other than English it is an error.
    ///
    /// ```
    /// # use jsm_client::csm::customer::BulkManageCustomerProfiles;
    /// # use jsm_client::csm::types::{
    /// #     BulkCustomerProfilePayload, BulkManageCustomerProfileOperation, ProfileOperationType,
    /// # };
    /// # use jsm_client::{Client, tasks::TaskResult};
    /// # async fn example(csm: Client) -> jsm_client::Result<()> {
    /// let profile = BulkCustomerProfilePayload::new().email("fred@example.com").display_name("Fred F. User");
    /// let entries = [BulkManageCustomerProfileOperation::new(ProfileOperationType::Upsert, profile)];
    /// for task in csm.bulk(BulkManageCustomerProfiles::new(entries)).await? {
    ///     let outcome = task.wait().await?;
    ///     match outcome.result {
    ///         TaskResult::Succeeded => println!("done"),
    ///         TaskResult::Failed => println!("{} entries failed", outcome.response.failures.len()),
    ///         _ => println!("{}: read back what was written", outcome.response.status),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "csm")]
    pub fn bulk<O: BulkOperation<Output = TaskSubmitResponse>>(&self, operation: O) -> Bulk<O> {
        Bulk::new(Arc::clone(&self.0), &operation)
    }

    /// A handle of the task of this id, for example one that another process submitted. Nothing is sent.
    #[cfg(feature = "csm")]
    pub fn task(&self, id: impl Into<TaskId>) -> Task {
        Task::of_id(Arc::clone(&self.0), id.into())
    }

    /// Waits for the ends of many tasks at once, with a few polls in flight.
    ///
    /// Each task has an outcome or an error of its own. The outcome names the entries that its failures are about.
    ///
    /// ```
    /// # use jsm_client::csm::customer::BulkManageCustomerProfiles;
    /// # async fn example(csm: jsm_client::Client, import: BulkManageCustomerProfiles) -> jsm_client::Result<()> {
    /// let tasks = csm.bulk(import).await?;
    /// let report = |task: &jsm_client::tasks::Task, status: &jsm_client::csm::types::TaskStatusResponse| {
    ///     println!("{}: {}", task.id(), status.status);
    /// };
    /// for (task, outcome) in csm.wait_all(tasks).concurrency(4).on_status(report).await {
    ///     match outcome {
    ///         Ok(outcome) => {
    ///             for (failure, entries) in outcome.failures() {
    ///                 println!("entries {entries:?}: {:?}", failure.error);
    ///             }
    ///         }
    ///         Err(error) => println!("entries {:?}: {error}", task.positions()),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "csm")]
    pub fn wait_all(&self, tasks: impl IntoIterator<Item = Task>) -> WaitAll {
        WaitAll::new(Arc::clone(&self.0), tasks.into_iter().collect())
    }

    /// Reads many objects by their ids, in as many requests as needed, and returns the ids that were not found.
    ///
    /// If the operation has other keys too, such as names of organizations, they are read in requests of their own, as
    /// many as needed. Names that were not found are not returned: compare what was found with them, as the server does,
    /// which may disregard case.
    ///
    /// ```
    /// # use jsm_client::{Client, csm::customer::FetchCustomerProfiles};
    /// # async fn example(csm: Client, ids: Vec<String>) -> jsm_client::Result<()> {
    /// let fetched = csm.fetch(FetchCustomerProfiles::new(ids)).await?;
    /// for profile in &fetched.found {
    ///     println!("{}", profile.display_name);
    /// }
    /// println!("{} were not found", fetched.missing.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn fetch<O: FetchByIds>(&self, operation: O) -> FetchAll<O>
    where
        O::Entry: Eq + Hash,
    {
        FetchAll::new(Arc::clone(&self.0), operation)
    }

    /// A request to an endpoint that this crate does not cover: any path of the site or of its gateway.
    ///
    /// ```
    /// use jsm_client::http::Method;
    /// # use jsm_client::{Client, serde_json::Value};
    ///
    /// # async fn example(jira: Client) -> jsm_client::Result<()> {
    /// let found = jira.request(Method::GET, "/rest/api/3/user/search").query(&[("query", "fred@example.com")]);
    /// let people: Vec<Value> = found.send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`HttpRequest`] documents which paths are accepted, and what is retried.
    pub fn request(&self, method: Method, path: impl Into<Cow<'static, str>>) -> HttpRequest {
        HttpRequest::new(Arc::clone(&self.0), method, path.into())
    }

    /// Calls an operation whose list can be longer than one request may carry, in as many requests as needed, one after
    /// the other, and returns the output of each.
    ///
    /// An operation with a documented limit says so on its page. Where none is documented, a request carries 100 entries;
    /// see [`batch_size`](InBatches::batch_size). An operation without entries sends nothing. Bulk changes have
    /// [`bulk`](Self::bulk), which gives each batch an idempotency key; files have [`upload`](Self::upload).
    ///
    /// ```
    /// # use jsm_client::{Client, servicedesk::AccountId, servicedesk::customer::AddCustomers};
    /// # async fn example(jira: Client, ids: Vec<AccountId>) -> jsm_client::Result<()> {
    /// if let Err(error) = jira.in_batches(AddCustomers::new("1", ids)).await {
    ///     let missing = error.left.iter().flat_map(|batch| jsm_client::Batched::entries(batch));
    ///     println!("{error}: {} customers are not added", missing.count());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_batches<O: Batched>(&self, operation: O) -> InBatches<O> {
        InBatches::new(Arc::clone(&self.0), operation)
    }

    /// The address of the site as it was given to the builder: a scheme and a host, or the gateway's address of the site
    /// with its cloud id.
    pub fn site(&self) -> &Url {
        self.0.transport.site.url()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("site", &self.site().as_str()).finish_non_exhaustive()
    }
}
