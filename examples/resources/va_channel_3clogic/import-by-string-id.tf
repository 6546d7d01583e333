import {
  to = va_channel_3clogic.support
  id = "chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
}
