//! The Rust side of `wit/`: generated types and traits. The host implements the imports in
//! [`super::imports`]; the exports are reached through [`super::instance`] alone.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated from the WIT package, where every item is documented"
)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "everything",
    imports: {
        "airlock:connect/offsets.read": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: {
        "airlock:connect/records.batch": crate::pipeline::batch::Batch,
    },
    require_store_data_send: true,
});
