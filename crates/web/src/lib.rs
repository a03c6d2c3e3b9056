//! The API: routes, sessions, problem documents.
