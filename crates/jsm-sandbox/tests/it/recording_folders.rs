//! The folder of a recording, when a recorder is killed and when another one writes to it.

use jsm_sandbox::{RecordingProxy, Sandbox};

use crate::client::{TestClient, read};
use crate::recording::fixtures;

#[tokio::test]
async fn recorders_in_one_folder_lose_nothing_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    // A recorder that was killed left part of a fixture.
    std::fs::write(folder.path().join("0001-servicedesk-get-info.json.unfinished"), "{").unwrap();
    let start = || RecordingProxy::builder(sandbox.url(), folder.path()).start();
    let (first, second) = (start().await.unwrap(), start().await.unwrap());
    for recorder in [&first, &second] {
        let client = TestClient::through(&sandbox, recorder.url());
        assert_eq!(read(client.request("GET", "/rest/servicedeskapi/info")).await.unwrap().status, 200);
    }
    assert_eq!((first.files().len(), first.problem()), (1, None));
    let problem = second.problem().unwrap();
    assert!(problem.ends_with("another recorder writes to this folder"), "{problem}");
    assert_eq!(second.files().len(), 0);
    let names: Vec<String> = fixtures(folder.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["0001-servicedesk-get-info.json"]);
}
