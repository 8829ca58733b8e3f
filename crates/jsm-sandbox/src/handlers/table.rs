//! Every operation's handler.

use jsm_raw::OperationInfo;

use super::handler::Handler;
use super::{csm, servicedesk};

/// An API that the sandbox serves.
pub(crate) struct Api {
    pub(crate) name: &'static str,
    pub(crate) operations: &'static [&'static OperationInfo],
    handlers: &'static [&'static [Handler]],
}

/// The APIs that the sandbox serves.
pub(crate) static APIS: [Api; 2] = [
    Api {
        name: "servicedesk",
        operations: &jsm_raw::servicedesk::OPERATIONS,
        handlers: servicedesk::HANDLERS,
    },
    Api { name: "csm", operations: &jsm_raw::csm::OPERATIONS, handlers: csm::HANDLERS },
];

impl Api {
    /// The handler of an operation.
    pub(crate) fn handler(&self, operation: &str) -> Option<&'static Handler> {
        self.handlers.iter().flat_map(|group| group.iter()).find(|handler| handler.name == operation)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::domain::entities::person::Role;

    #[test]
    fn every_operation_has_a_handler_and_every_handler_an_operation() {
        for api in &APIS {
            let mut operations: Vec<&str> = api.operations.iter().map(|info| info.name).collect();
            let handlers = api.handlers.iter().flat_map(|group| group.iter());
            let mut handlers: Vec<&str> = handlers.map(|handler| handler.name).collect();
            operations.sort_unstable();
            handlers.sort_unstable();
            assert_eq!(operations, handlers, "{}", api.name);
        }
    }

    #[test]
    fn anonymous_callers_may_call_what_the_documents_let_them() {
        for (api, document) in
            [(&APIS[0], jsm_raw::servicedesk::DOCUMENT), (&APIS[1], jsm_raw::csm::DOCUMENT)]
        {
            let document: Value = serde_json::from_str(document).unwrap();
            for info in api.operations {
                let security = &document["paths"][info.path][info.method.to_lowercase()]["security"];
                let open =
                    security.as_array().into_iter().flatten().any(|choice| choice == &serde_json::json!({}));
                let role = api.handler(info.name).map(|handler| handler.role);
                assert_eq!(open, role == Some(Role::Anonymous), "{}", info.name);
            }
        }
    }
}
