// Package pruner holds no code: the rooms of the house are the folders below,
// and layers_test.go holds who may import whom. Start at ARCHITECTURE.md.
package pruner
