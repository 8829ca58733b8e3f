//! Queues of a desk and the requests in them.
//!
//! A queue's requests come as issues of the platform, not as customers see them.

use serde_json::{Value, json};

use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::date;
use crate::page::page;
use crate::reply::{Outcome, Reply};
use crate::world::{Queue, Request, World};

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("GetQueues", Role::Agent, list),
    Behaviour::new("GetQueue", Role::Agent, get),
    Behaviour::new("GetQueueIssues", Role::Agent, issues),
];

const FIELDS: [&str; 5] = ["issuetype", "summary", "created", "reporter", "status"];

fn list(world: &mut World, call: &Call) -> Outcome {
    let desk = world.desk(call.path("serviceDeskId"))?;
    page(call, &desk.queues, &[], |queue| render(world, desk.id, queue, call))
}

fn get(world: &mut World, call: &Call) -> Outcome {
    let (desk, queue) = in_path(world, call)?;
    Ok(Reply::ok(render(world, desk, queue, call)))
}

fn issues(world: &mut World, call: &Call) -> Outcome {
    let (desk, queue) = in_path(world, call)?;
    let requests: Vec<&Request> = held(world, desk, queue).collect();
    page(call, &requests, &[], |request| {
        let created = date::render(request.created);
        let reporter = world.people.get(&request.reporter).map(|person| person.render(&call.base));
        json!({
            "id": request.id.to_string(),
            "key": request.key,
            "self": format!("{}/rest/api/2/issue/{}", call.base, request.id),
            "fields": {
                "summary": request.summary(),
                "created": created["jira"],
                "reporter": reporter,
                "status": {"name": request.status().name},
                "issuetype": {"id": "10001", "name": "Service request", "subtask": false},
            },
        })
    })
}

fn in_path<'a>(world: &'a World, call: &Call) -> Result<(u64, &'a Queue), Reply> {
    let desk = world.desk(call.path("serviceDeskId"))?;
    let id = call.path_number("queueId", "The queue")?;
    let queue = desk.queues.iter().find(|queue| queue.id == id);
    Ok((desk.id, queue.ok_or_else(|| Reply::not_found("The queue"))?))
}

fn held<'a>(world: &'a World, desk: u64, queue: &'a Queue) -> impl Iterator<Item = &'a Request> {
    world.requests.values().filter(move |request| request.desk == desk && (queue.holds)(request))
}

fn render(world: &World, desk: u64, queue: &Queue, call: &Call) -> Value {
    let mut json = json!({
        "id": queue.id.to_string(),
        "name": queue.name,
        "jql": queue.jql,
        "fields": FIELDS,
        "_links": {"self": format!("{}/rest/servicedeskapi/servicedesk/{desk}/queue/{}", call.base, queue.id)},
    });
    if call.flag("includeCount") == Some(true) {
        json["issueCount"] = held(world, desk, queue).count().into();
    }
    json
}
