//! What wit-bindgen makes of the WIT: the imports once, and the exports in parts that the linker adds up to the
//! worlds of the WIT. So a component exports the interfaces of its own kinds of plugins and no others, while
//! every type exists once.

/// The imports of all worlds. What a plugin doesn't call is not imported by its component.
pub mod imports {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package airlock:sdk-imports;
            world every-import {
                import airlock:connect/plugin-info@0.1.0;
                import airlock:connect/records@0.1.0;
                import airlock:connect/schemas@0.1.0;
                import airlock:connect/log@0.1.0;
                import airlock:connect/metrics@0.1.0;
                import airlock:connect/offsets@0.1.0;
                import airlock:connect/transaction-context@0.1.0;
                import airlock:connect/sink-context@0.1.0;
                import airlock:connect/reconfiguration@0.1.0;
            }
        ",
        generate_all,
    });
}

/// What every component exports.
pub mod plugin {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package airlock:sdk-plugin;
            world plugin-exports { export airlock:connect/plugin@0.1.0; }
        ",
        with: {
            "airlock:connect/plugin-info@0.1.0": super::imports::airlock::connect::plugin_info,
            "airlock:connect/plugin@0.1.0": generate,
        },
        pub_export_macro: true,
        export_macro_name: "export_plugin",
        default_bindings_module: "airlock_sdk::wasm::bindings::plugin",
    });
}

/// What a component of transforms or predicates exports besides.
pub mod transforms {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package airlock:sdk-transforms;
            world transform-exports {
                export airlock:connect/transform@0.1.0;
                export airlock:connect/predicate@0.1.0;
            }
        ",
        with: {
            "airlock:connect/plugin-info@0.1.0": super::imports::airlock::connect::plugin_info,
            "airlock:connect/records@0.1.0": super::imports::airlock::connect::records,
            "airlock:connect/transform@0.1.0": generate,
            "airlock:connect/predicate@0.1.0": generate,
        },
        pub_export_macro: true,
        export_macro_name: "export_transforms",
        default_bindings_module: "airlock_sdk::wasm::bindings::transforms",
    });
}

/// What a component of sources or sinks exports besides.
pub mod connectors {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package airlock:sdk-connectors;
            world connector-exports { export airlock:connect/connector@0.1.0; }
        ",
        with: {
            "airlock:connect/plugin-info@0.1.0": super::imports::airlock::connect::plugin_info,
            "airlock:connect/connector@0.1.0": generate,
        },
        pub_export_macro: true,
        export_macro_name: "export_connectors",
        default_bindings_module: "airlock_sdk::wasm::bindings::connectors",
    });
}

/// What a component of sources exports besides.
pub mod sources {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package airlock:sdk-sources;
            world source-exports { export airlock:connect/source@0.1.0; }
        ",
        with: {
            "airlock:connect/plugin-info@0.1.0": super::imports::airlock::connect::plugin_info,
            "airlock:connect/records@0.1.0": super::imports::airlock::connect::records,
            "airlock:connect/source@0.1.0": generate,
        },
        pub_export_macro: true,
        export_macro_name: "export_sources",
        default_bindings_module: "airlock_sdk::wasm::bindings::sources",
    });
}

/// What a component of sinks exports besides.
pub mod sinks {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package airlock:sdk-sinks;
            world sink-exports { export airlock:connect/sink@0.1.0; }
        ",
        with: {
            "airlock:connect/plugin-info@0.1.0": super::imports::airlock::connect::plugin_info,
            "airlock:connect/records@0.1.0": super::imports::airlock::connect::records,
            "airlock:connect/sink@0.1.0": generate,
        },
        pub_export_macro: true,
        export_macro_name: "export_sinks",
        default_bindings_module: "airlock_sdk::wasm::bindings::sinks",
    });
}
