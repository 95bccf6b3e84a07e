//! A program for wasm32 that embeds the core: it adds a source of random numbers, nothing else.

use app_license as _;
