// Package storetest is the suite that every store passes: one file for each
// object, a case for each query. Nothing about a store's behaviour is tested
// anywhere else.
package storetest
