//! Attaches two files to a request with a comment, and downloads them again.

mod connect;

use jsm_client::attachments::Visibility;
use jsm_client::servicedesk::attachment::GetAttachmentContent;
use jsm_client::servicedesk::request::GetRequests;
use jsm_client::{BoxError, FilePart};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let (jira, _sandbox) = connect::connect().await?;
    let request = jira.items(GetRequests::new()).try_next().await?.ok_or("there is no request")?;
    let files = [
        FilePart::bytes("notes.txt", "The printer is on fire.").content_type("text/plain"),
        FilePart::path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")),
    ];
    let attached =
        jira.attach(&request.issue_key, Visibility::Internal, files).comment("As seen today.").await;
    let attached = match attached {
        Ok(attached) => attached,
        Err(error) => {
            for file in &error.files {
                eprintln!("{}: {:?}", file.name, file.status);
            }
            return Err(error.into());
        }
    };
    for file in attached.attachments.map(|page| page.values).unwrap_or_default() {
        let id = file.id().ok_or("the attachment's links name no id")?;
        let to = std::env::temp_dir().join(format!("{}-{}", id, file.filename));
        let content = GetAttachmentContent::new(&request.issue_key, id);
        let bytes = jira.download(content).to_file(&to).await?;
        let when = file.created.as_ref().map(|date| date.timestamp()).transpose()?;
        println!("{}: {} bytes, attached {when:?}", file.filename, bytes);
        std::fs::remove_file(to)?;
    }
    Ok(())
}
