import {
  to = va_channel_genesys_audio_connector.support
  id = "chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
}
