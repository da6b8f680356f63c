using ContainerTools.Core.Images;
using ContainerTools.Core.Tests.Support;

namespace ContainerTools.Core.Tests.Registry;

public sealed partial class UploadTests
{
    [Fact]
    public async Task TokensAreForPushingAndAreRenewed()
    {
        int tokens = 0;
        var scopes = new List<string?>();
        registry.First = async c =>
        {
            // Every token is accepted three times only.
            if (c.Request.Url!.AbsolutePath == "/v2/" || (c.Request.Headers["Authorization"] == $"Bearer t{tokens / 4}" && Interlocked.Increment(ref tokens) % 4 != 0))
            {
                return false;
            }

            c.Response.Headers["WWW-Authenticate"] = $"Bearer realm=\"http://{other.Host}/token\",service=\"s\",scope=\"repository:team/x:pull\"";
            await FakeRegistry.TextAsync(c, 401, "");
            return true;
        };
        other.Route("/token", c =>
        {
            scopes.Add(c.Request.QueryString["scope"]);
            return FakeRegistry.TextAsync(c, c.Request.Headers["Authorization"] == userBasic ? 200 : 403, $$"""{"token":"t{{tokens / 4}}"}""");
        });
        await PushAsync(new PushOptions { Credential = user, ChunkSize = 1 << 20 });
        AssertPushed();
        Assert.True(scopes.Count > 1);
        Assert.All(scopes, static s => Assert.Equal("repository:team/x:pull,push", s));
        Assert.All(registry.Registry.Requests, static r => Assert.DoesNotContain("Basic", r.Authorization ?? "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ATokenThatExpiresIsRenewedBeforeABodyIsSent()
    {
        int tokens = 0;
        registry.First = async c =>
        {
            if (c.Request.Url!.AbsolutePath == "/v2/" || c.Request.Headers["Authorization"] is { } header && header.StartsWith("Bearer t", StringComparison.Ordinal))
            {
                await Task.Delay(c.Request.HttpMethod == "PATCH" ? 1100 : 0);
                return false;
            }

            c.Response.Headers["WWW-Authenticate"] = $"Bearer realm=\"http://{other.Host}/token\",service=\"s\"";
            await FakeRegistry.TextAsync(c, 401, "");
            return true;
        };
        other.Route("/token", c => FakeRegistry.TextAsync(c, 200, $$"""{"token":"t{{Interlocked.Increment(ref tokens)}}","expires_in":2}"""));
        await PushAsync(new PushOptions { ChunkSize = 1 << 20 });
        AssertPushed();
        Assert.InRange(tokens, 2, 10);
        Assert.Single(registry.Registry.Requests, static r => r.Authorization is null && r.Path != "/v2/");
    }

    [Fact]
    public async Task AUserWithoutTheRightIsToldSo()
    {
        registry.First = async c =>
        {
            if (c.Request.HttpMethod is "GET" or "HEAD" && c.Request.Headers["Authorization"] is not null)
            {
                return false;
            }

            c.Response.Headers["WWW-Authenticate"] = $"Bearer realm=\"http://{other.Host}/token\",service=\"s\",error=\"insufficient_scope\"";
            await FakeRegistry.TextAsync(c, 401, """{"errors":[{"code":"DENIED","message":"read only"}]}""");
            return true;
        };
        other.Route("/token", c => FakeRegistry.TextAsync(c, 200, """{"token":"pull-only"}"""));
        var error = await FailAsync("RegistryAccessDenied", new PushOptions { Credential = user });
        Assert.Contains("by 'user'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pass-word", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("pull-only", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StorageElsewhereGetsTheDataAndNoCredentials(bool redirect)
    {
        using var storage = new UploadRegistry();
        registry.First = async c =>
        {
            if (c.Request.Headers["Authorization"] != userBasic)
            {
                c.Response.Headers["WWW-Authenticate"] = "Basic realm=\"r\"";
                await FakeRegistry.TextAsync(c, 401, "");
                return true;
            }

            if (redirect && c.Request.HttpMethod is "POST")
            {
                // What it answers sends the upload to the other registry, by the original host's session.
                c.Response.Headers["Location"] = $"http://127.0.0.1:{storage.Registry.Port}{c.Request.Url!.PathAndQuery}";
                await FakeRegistry.TextAsync(c, 307, "");
                return true;
            }

            return false;
        };
        if (!redirect)
        {
            registry.UploadHost = $"http://127.0.0.1:{storage.Registry.Port}";
            storage.First = async c =>
            {
                // Its own session, whose name the registry gave.
                if (storage.Bodies.IsEmpty && c.Request.HttpMethod == "PUT")
                {
                    using var memory = new MemoryStream();
                    await c.Request.InputStream.CopyToAsync(memory);
                    storage.Blobs[TestImage.DigestOf(memory.ToArray())] = memory.ToArray();
                    await FakeRegistry.RespondAsync(c, 201, [], null);
                    return true;
                }

                return false;
            };
        }

        await PushAsync(new PushOptions { Credential = user });
        Assert.Contains(Layer.ToString(), storage.Blobs.Keys);
        Assert.NotEmpty(storage.Registry.Requests);
        Assert.All(storage.Registry.Requests, static r => Assert.Null(r.Authorization));
    }
}
