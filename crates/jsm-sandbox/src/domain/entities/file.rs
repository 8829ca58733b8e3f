//! Files: attached to a request, or uploaded and not attached yet.

use bytes::Bytes;

/// A file's name and content.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) bytes: Bytes,
}

/// A file that was uploaded to a service desk and is not attached yet.
#[derive(Clone, Debug)]
pub(crate) struct TemporaryFile {
    pub(crate) desk: u64,
    pub(crate) expires: i64,
    pub(crate) file: File,
}

/// A file on an issue.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub(crate) id: u64,
    /// The comment that it came with, if it came with one.
    pub(crate) comment: Option<u64>,
    pub(crate) public: bool,
    pub(crate) author: String,
    pub(crate) created: i64,
    pub(crate) file: File,
}

impl Attachment {
    pub(crate) fn is_image(&self) -> bool {
        self.file.media_type.starts_with("image/")
    }
}
