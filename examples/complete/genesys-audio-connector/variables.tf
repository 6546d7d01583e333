variable "flow_file" {
  description = "Path of the inbound call flow, exported once from Architect; see README.md."
  type        = string
}

variable "phone_numbers" {
  description = "E.164 numbers of the organization that the flow answers."
  type        = set(string)
}
