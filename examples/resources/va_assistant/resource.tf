resource "va_assistant" "support" {
  name        = "support"
  description = "Answers the service line outside office hours."
  tags        = ["service", "english"]

  language = "en-US"
  greeting = "Hello, this is {{company}}. How can I help you?"
  variables = {
    company = "Example Incorporated"
  }

  voice = {
    speed = 0.9
    pronunciations = {
      SQL = "sequel"
    }
  }

  engine = {
    scripted = {} # offline, with its default script
  }

  turn = {
    silence       = "700ms"
    min_interrupt = "300ms"
  }

  transfers = {
    billing = {
      description = "Questions about invoices."
      destination = "+14155550177"
      announce    = "I am connecting you to billing."
    }
  }

  max_call_duration  = "15m"
  inactivity_timeout = "20s"
  inactivity_prompt  = "Are you still there?"
  fallback           = "live_agent"
}
