// Command terraform-provider-va is the Terraform provider "va".
package main

func main() {}
