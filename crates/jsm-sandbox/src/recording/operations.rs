//! Which operation a path belongs to.

use std::sync::OnceLock;

use jsm_raw::OperationInfo;

use crate::handlers::table::APIS;

/// An operation, with the segments of a path that leads to it. Those in braces are parameters.
pub(super) struct Template {
    pub(super) info: &'static OperationInfo,
    pub(super) segments: Vec<&'static str>,
}

/// The operation that a path of a site or of the gateway belongs to. Fixed segments take precedence over parameters, and
/// the method over the others that the path has.
pub(super) fn find(method: &str, path: &str) -> Option<&'static Template> {
    let segments: Vec<&str> = path.split('/').collect();
    let fitting = templates().iter().filter(|template| fits(&template.segments, &segments));
    fitting.min_by_key(|template| {
        let parameters = template.segments.iter().filter(|segment| is_parameter(segment)).count();
        (parameters, template.info.method != method)
    })
}

/// Whether a segment of a template is a parameter.
pub(super) fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

fn fits(template: &[&str], segments: &[&str]) -> bool {
    let mut pairs = template.iter().zip(segments);
    template.len() == segments.len()
        && pairs.all(
            |(expected, segment)| {
                if is_parameter(expected) { !segment.is_empty() } else { expected == segment }
            },
        )
}

fn templates() -> &'static [Template] {
    static TEMPLATES: OnceLock<Vec<Template>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let mut all = Vec::new();
        for info in APIS.iter().flat_map(|api| api.operations).copied() {
            // Links can also be written without what precedes the API's own path.
            let mut bases = vec![info.base.site, info.base.gateway, Some("")];
            bases.sort_unstable();
            bases.dedup();
            for base in bases.into_iter().flatten() {
                let mut segments: Vec<&str> = base.split('/').collect();
                segments.extend(info.path.split('/').skip(1));
                all.push(Template { info, segments });
            }
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_the_operation_with_the_most_fixed_segments() {
        for (method, path, name) in [
            ("GET", "/rest/servicedeskapi/servicedesk/1/customer", Some("GetCustomers")),
            ("POST", "/rest/servicedeskapi/servicedesk/1/customer", Some("AddCustomers")),
            ("GET", "/ex/jira/c10d/rest/servicedeskapi/info", Some("GetInfo")),
            ("GET", "/jsm/csm/cloudid/c10d/api/v1/customer/details", Some("GetCustomerDetailFields")),
            ("GET", "/jsm/csm/cloudid/c10d/api/v1/customer/qm%3A1", Some("GetCustomer")),
            ("GET", "/api/v1/tasks/7", Some("GetTask")),
            ("GET", "/rest/api/3/myself", None),
            ("GET", "/rest/servicedeskapi/servicedesk//customer", None),
            ("GET", "", None),
        ] {
            assert_eq!(find(method, path).map(|template| template.info.name), name, "{path}");
        }
    }
}
