import {
  to = va_assistant.support
  id = "asst_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
}
