variable "channel_id" {
  description = "Id of a channel, chn_ and a ULID."
  type        = string
}

# Reads the channel's secrets without storing them. Use it in provider blocks
# and in write-only arguments of other resources.
ephemeral "va_channel_credentials" "support" {
  channel_id = var.channel_id
}
