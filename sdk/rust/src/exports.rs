//! The macro that makes a component of plugins. Only its rules are here: what it exports is in `wasm`.

/// Makes a component of plugins, once per crate: `transforms` and `predicates`, or `sources` and `sinks`.
///
/// ```
/// # use airlock_sdk::*;
/// # struct Upper;
/// # impl Transform for Upper {
/// #     fn describe() -> Description { Description::new(["com.example.Upper"]) }
/// #     fn configure(_: &Config, _: &str) -> Result<Self, Error> { Ok(Upper) }
/// #     fn apply(&mut self, _: &Batch<'_>) -> Result<(), Error> { Ok(()) }
/// # }
/// # struct IsUpper;
/// # impl Predicate for IsUpper {
/// #     fn describe() -> Description { Description::new(["com.example.IsUpper"]) }
/// #     fn configure(_: &Config, _: &str) -> Result<Self, Error> { Ok(IsUpper) }
/// #     fn test(&self, _: &Batch<'_>) -> Result<Vec<u32>, Error> { Ok(Vec::new()) }
/// # }
/// airlock_sdk::export!(transforms: [Upper], predicates: [IsUpper]);
/// ```
///
/// A component of connectors:
///
/// ```
/// # use airlock_sdk::*;
/// # struct Clock;
/// # impl Source for Clock {
/// #     type Connector = OneTask;
/// #     fn describe() -> Description { Description::new(["com.example.Clock"]) }
/// #     fn start(_: &Config) -> Result<Self, Error> { Ok(Clock) }
/// #     fn poll(&mut self, _: &Batch<'_>, _: PollLimits) -> Result<(), Error> { Ok(()) }
/// # }
/// airlock_sdk::export!(sources: [Clock]);
/// ```
#[macro_export]
macro_rules! export {
    (transforms: [$($transform:ty),* $(,)?] $(, predicates: [$($predicate:ty),* $(,)?])? $(,)?) => {
        $crate::export!(@component [transforms::export_transforms]
            transforms: [$($transform),*], predicates: [$($($predicate),*)?], sources: [], sinks: []);
    };
    (predicates: [$($predicate:ty),* $(,)?] $(,)?) => {
        $crate::export!(transforms: [], predicates: [$($predicate),*]);
    };
    (sources: [$($source:ty),* $(,)?] $(,)?) => {
        $crate::export!(@component [connectors::export_connectors, sources::export_sources]
            transforms: [], predicates: [], sources: [$($source),*], sinks: []);
    };
    (sinks: [$($sink:ty),* $(,)?] $(,)?) => {
        $crate::export!(@component [connectors::export_connectors, sinks::export_sinks]
            transforms: [], predicates: [], sources: [], sinks: [$($sink),*]);
    };
    (sources: [$($source:ty),* $(,)?], sinks: [$($sink:ty),* $(,)?] $(,)?) => {
        $crate::export!(@component [connectors::export_connectors, sources::export_sources, sinks::export_sinks]
            transforms: [], predicates: [], sources: [$($source),*], sinks: [$($sink),*]);
    };
    (
        @component [$($module:ident :: $interface:ident),*]
        transforms: [$($transform:ty),*],
        predicates: [$($predicate:ty),*],
        sources: [$($source:ty),*],
        sinks: [$($sink:ty),*]
    ) => {
        // Natively there is nothing to export; naming the plugins keeps them from counting as unused.
        #[cfg(not(target_family = "wasm"))]
        const _: () = {
            $(let _ = $crate::macro_support::transform::<$transform>();)*
            $(let _ = $crate::macro_support::predicate::<$predicate>();)*
            $(let _ = $crate::macro_support::source::<$source>();)*
            $(let _ = $crate::macro_support::sink::<$sink>();)*
        };

        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "wit-bindgen's exports are extern functions over raw pointers")]
        mod airlock_component {
            #[allow(unused_imports, reason = "plugins may be named by path")]
            use super::*;
            use $crate::macro_support as support;
            use $crate::wasm::bindings;

            struct Plugins;

            impl $crate::wasm::Plugins for Plugins {
                const TRANSFORMS: &'static [support::Entry<support::TransformFunctions>] =
                    &[$(support::transform::<$transform>()),*];
                const PREDICATES: &'static [support::Entry<support::PredicateFunctions>] =
                    &[$(support::predicate::<$predicate>()),*];
                const SOURCES: &'static [support::Entry<support::SourceFunctions>] =
                    &[$(support::source::<$source>()),*];
                const SINKS: &'static [support::Entry<support::SinkFunctions>] = &[$(support::sink::<$sink>()),*];
            }

            type Component = $crate::wasm::Component<Plugins>;
            bindings::plugin::export_plugin!(Component);
            $(bindings::$module::$interface!(Component);)*
        }
    };
}
