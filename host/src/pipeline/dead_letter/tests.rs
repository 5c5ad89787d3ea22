//! What dead letters look like, and when they are sent again.
