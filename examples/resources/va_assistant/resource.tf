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

variable "openai_api_key" {
  type      = string
  sensitive = true
  ephemeral = true # in no plan and no state
}

# A speech-to-speech model, which greets in its own words.
resource "va_assistant" "sales" {
  name          = "sales"
  instructions  = "You answer questions about orders of {{company}}. Be brief. Hand over to a live agent when asked."
  greeting_mode = "generated"
  variables = {
    company = "Example Incorporated"
  }

  voice = { id = "marin" }

  engine = {
    openai_realtime = {
      model              = "gpt-realtime"
      api_key_wo         = var.openai_api_key
      api_key_wo_version = 1 # raise it with every new key
    }
  }
}

variable "bot_auth_token" {
  type      = string
  sensitive = true
  ephemeral = true
}

# A bot that was written for Twilio Media Streams.
resource "va_assistant" "bot" {
  name = "bot"
  variables = {
    department = "returns" # one of its customParameters
  }

  engine = {
    media_stream = {
      url                = "wss://bot.example.com/streams"
      api_key_wo         = var.bot_auth_token # signs the handshake as Twilio does
      api_key_wo_version = 1
      on_engine_close    = "transfer"
    }
  }
}

# A text bot that was written for ConversationRelay.
resource "va_assistant" "text_bot" {
  name     = "text-bot"
  greeting = "Hello. How can I help you?"

  engine = {
    conversation_relay = {
      url                = "wss://bot.example.com/relay"
      api_key_wo         = var.bot_auth_token
      api_key_wo_version = 1
      stt = {
        api_key_wo         = var.openai_api_key
        api_key_wo_version = 1
      }
    }
  }
}
