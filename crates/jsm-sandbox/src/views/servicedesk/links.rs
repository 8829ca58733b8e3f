//! Addresses of the API's things.

use crate::domain::entities::issue::Issue;

/// Where the API is below a site.
pub(crate) const API: &str = "/rest/servicedeskapi";

/// The path of a list or thing of an issue, such as `comment`.
pub(crate) fn issue_path(issue: &Issue, rest: &str) -> String {
    format!("{API}/request/{}/{rest}", issue.id)
}
