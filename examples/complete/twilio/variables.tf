variable "twilio_account_sid" {
  description = "Account SID, AC and 32 hexadecimal digits."
  type        = string
}

variable "twilio_auth_token" {
  description = "Auth token of the same account; it also signs every request to the gateway."
  type        = string
  sensitive   = true
}

variable "area_code" {
  description = "Area code of the number to buy."
  type        = string
  default     = "415"
}

variable "live_agent" {
  description = "E.164 number or SIP URI that is dialled when the caller wants a live agent."
  type        = string
}
