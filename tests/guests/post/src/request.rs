//! One HTTP request, sent and not waited for.

use std::time::Duration;

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{ErrorCode, Fields, FutureIncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme};

/// A request on its way.
pub(super) struct Request(FutureIncomingResponse);

/// What became of a request.
pub(super) enum Answer {
    Status {
        code: u16,
        retry_after: Option<Duration>,
        location: Option<String>,
    },
    /// The host does not allow it.
    Denied,
    /// The server's certificate is not accepted.
    Untrusted,
    /// There was no answer.
    Away,
}

impl Request {
    /// Posts a body. Most of what goes wrong is told by the answer.
    pub(super) fn send(url: &str, body: &[u8]) -> Result<Self, String> {
        let (scheme, rest) = match url.split_once("://") {
            Some(("http", rest)) => (Scheme::Http, rest),
            Some(("https", rest)) => (Scheme::Https, rest),
            _ => return Err(format!("{url}: only http:// and https:// are spoken here")),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let length = body.len().to_string().into_bytes();
        let headers = Fields::from_list(&[("content-length".to_owned(), length)]);
        let request = OutgoingRequest::new(headers.map_err(|error| format!("{error:?}"))?);
        let ready = request
            .set_method(&Method::Post)
            .and_then(|()| request.set_scheme(Some(&scheme)))
            .and_then(|()| request.set_authority(Some(authority)))
            .and_then(|()| request.set_path_with_query(Some(path)));
        ready.map_err(|()| format!("{url} is no URL"))?;
        let outgoing = request.body().map_err(|()| "the body was taken")?;
        let answer = handle(request, None).map_err(|error| format!("{url}: {error:?}"))?;
        {
            let stream = outgoing.write().map_err(|()| "the stream was taken")?;
            for part in body.chunks(4096) {
                // A connection that broke off is told by the answer.
                let _written = stream.blocking_write_and_flush(part);
            }
        }
        let _finished = OutgoingBody::finish(outgoing, None);
        Ok(Request(answer))
    }

    /// Returns the answer if it has come.
    pub(super) fn answer(&self) -> Option<Answer> {
        // Only asking whether it is there makes the host look.
        if !self.0.subscribe().ready() {
            return None;
        }
        let response = match self.0.get()? {
            Ok(Ok(response)) => response,
            Ok(Err(ErrorCode::HttpRequestDenied)) => return Some(Answer::Denied),
            Ok(Err(ErrorCode::TlsCertificateError)) => return Some(Answer::Untrusted),
            Ok(Err(_)) | Err(()) => return Some(Answer::Away),
        };
        let headers = response.headers();
        let header = |name: &str| String::from_utf8(headers.get(name).into_iter().next()?).ok();
        Some(Answer::Status {
            code: response.status(),
            retry_after: header("retry-after").and_then(|seconds| Some(Duration::from_secs(seconds.parse().ok()?))),
            location: header("location"),
        })
    }

    /// Waits until there is an answer.
    pub(super) fn wait(&self) {
        self.0.subscribe().block();
    }
}
