//! What stands in a URL: path segments, decoded, and query parameters. Their errors have Connect's shape.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::RestError;

/// The segments of a path that its route names. A segment that can't be what it should be is not found.
pub(super) struct Segments<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, RestError> {
        let segments = Path::<T>::from_request_parts(parts, state).await;
        segments.map(|Path(segments)| Self(segments)).map_err(|_| RestError::bare(StatusCode::NOT_FOUND))
    }
}

/// The parameters of a query, in order, repeated ones included.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Returns whether the last value of `name` is `true`, in any case; none without one.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.all(name).last().map(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Returns all values of `name`.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, RestError> {
        let query = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let invalid = |error| RestError::new(StatusCode::BAD_REQUEST, format!("the query can't be read: {error}"));
        query.map(|Query(pairs)| Self(pairs)).map_err(invalid)
    }
}
