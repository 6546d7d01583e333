# The imported channel shows its real credentials.
terraform import va_channel_genesys_audio_connector.support chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N

# Keeps every secret out of the state.
terraform import va_channel_genesys_audio_connector.support 'chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N?credentials_in_state=false'
