//! Industrial-land inventory.
use gdal_src as _;
use libsqlite3_sys as _;
use proj as _;
