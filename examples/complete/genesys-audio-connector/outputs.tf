output "channel_id" {
  value = va_channel_genesys_audio_connector.service_line.id
}

output "base_connection_uri" {
  value = va_channel_genesys_audio_connector.service_line.base_connection_uri
}

output "connector_id" {
  value = va_channel_genesys_audio_connector.service_line.connector_id
}
