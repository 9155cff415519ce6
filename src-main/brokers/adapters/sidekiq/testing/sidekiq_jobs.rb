# Jobs of the tests. What a job was given is written down before it does anything; where and how it ends is decided in Redis.
require "sidekiq"
require "json"

class CardDeclined < StandardError; end

# Fails as long as the key test:declined is there.
class Charge
  include Sidekiq::Worker

  def perform(*args)
    Sidekiq.redis do |redis|
      redis.rpush("test:given", JSON.generate("jid" => jid, "args" => JSON.generate(args)))
      raise CardDeclined, "card was declined\nsecond line" if redis.exists?("test:declined")
    end
  end
end

# Works until the key test:release is there.
class Hold
  include Sidekiq::Worker

  def perform(*)
    sleep 0.05 until Sidekiq.redis { |redis| redis.exists?("test:release") }
  end
end
