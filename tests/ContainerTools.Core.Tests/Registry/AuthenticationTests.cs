using System.Net;
using System.Text;
using ContainerTools.Core.Registry;
using ContainerTools.Core.Tests.Support;
using ContainerTools.Oci;

namespace ContainerTools.Core.Tests.Registry;

/// <summary>Challenges, tokens, redirects and errors that pass.</summary>
public sealed class AuthenticationTests : IDisposable
{
    private static readonly string userBasic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("user:pass:wörd"));
    private static readonly RegistryCredential user = new("user", "pass:wörd");

    private readonly FakeRegistry registry = new();
    private readonly FakeRegistry other = new();
    private readonly StoreFixture store = new();
    private readonly TestImage image = TestImage.Create("a");
    private readonly ImageReference reference;

    public AuthenticationTests() => reference = registry.Add("team/x", "1", image);

    public void Dispose()
    {
        registry.Dispose();
        other.Dispose();
        store.Dispose();
    }

    [Fact]
    public async Task BasicLogin()
    {
        Demand("Basic realm=\"r\"", userBasic);
        Assert.Equal(image.Id, (await store.PullAsync(reference, user)).Id);
    }

    [Fact]
    public async Task WrongOrNoBasicLoginIsRefused()
    {
        Demand("Basic realm=\"r\"", userBasic);
        Assert.Equal(Engine.ErrorKind.AuthenticationFailed, (await store.FailAsync(reference, "RegistryAuthenticationFailed", new RegistryCredential("user", "wrong"))).Kind);
        await store.FailAsync(reference, "RegistryAuthenticationFailed");
        Assert.DoesNotContain("wrong", (await store.FailAsync(reference, "RegistryAuthenticationFailed", new RegistryCredential("user", "wrong"))).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"token":"t0ken","expires_in":300}""")]
    [InlineData("""{"access_token":"t0ken"}""")]
    public async Task AnonymousToken(string answer)
    {
        Demand($"Bearer realm=\"http://{other.Host}/token\",service=\"the, service\",scope=\"repository:team/x:pull\"", "Bearer t0ken");
        string? query = null;
        other.Route("/token", c =>
        {
            query = c.Request.Url!.Query;
            return c.Request.Headers["Authorization"] is null ? FakeRegistry.TextAsync(c, 200, answer) : FakeRegistry.TextAsync(c, 400, "");
        });
        Assert.Equal(image.Id, (await store.PullAsync(reference)).Id);
        Assert.Equal("?service=the%2C%20service&scope=repository%3Ateam%2Fx%3Apull", query);
        Assert.Equal(1, other.Count("/token"));
    }

    [Fact]
    public async Task TokenForALogin()
    {
        Demand($"Bearer realm=\"http://{other.Host}/token\",service=\"s\"", "Bearer t0ken");
        other.Route("/token", c => c.Request.Headers["Authorization"] == userBasic ? FakeRegistry.TextAsync(c, 200, """{"token":"t0ken"}""") : FakeRegistry.TextAsync(c, 401, ""));
        Assert.Equal(image.Id, (await store.PullAsync(reference, user)).Id);
        Assert.All(registry.Requests, r => Assert.True(r.Authorization is null or "Bearer t0ken"));
        store.Images.Remove(store.Images.List()[0], false, default);
        await store.FailAsync(reference, "RegistryAuthenticationFailed");
    }

    [Fact]
    public async Task IdentityTokenIsExchanged()
    {
        Demand($"Bearer realm=\"http://{other.Host}/token\",service=\"s\"", "Bearer t0ken");
        other.Route("/token", async c =>
        {
            using var reader = new StreamReader(c.Request.InputStream);
            string form = await reader.ReadToEndAsync();
            bool right = c.Request.HttpMethod == "POST" && form.Contains("refresh_token=r3fresh", StringComparison.Ordinal) && form.Contains("grant_type=refresh_token", StringComparison.Ordinal);
            await FakeRegistry.TextAsync(c, right ? 200 : 401, """{"access_token":"t0ken"}""");
        });
        Assert.Equal(image.Id, (await store.PullAsync(reference, new RegistryCredential("<token>", "", "r3fresh"))).Id);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("""{"token":"a\nb"}""")]
    public async Task TokenServerThatSendsNoTokenIsAnError(string answer)
    {
        Demand($"Bearer realm=\"http://{other.Host}/token\"", "Bearer t0ken");
        other.Route("/token", c => FakeRegistry.TextAsync(c, 200, answer));
        await store.FailAsync(reference, "RegistryTokenServerFailed");
    }

    [Theory]
    [InlineData("http://example.com/token")]
    [InlineData("ftp://localhost/token")]
    [InlineData("token")]
    public async Task CredentialsGoToNoInsecureTokenServer(string realm)
    {
        Demand($"Bearer realm=\"{realm}\"", "Bearer t0ken");
        await store.FailAsync(reference, "RegistryTokenServerInvalid", user);
    }

    [Fact]
    public async Task TokenThatIsNeverAcceptedEnds()
    {
        Demand($"Bearer realm=\"http://{other.Host}/token\"", "Bearer other");
        other.Route("/token", c => FakeRegistry.TextAsync(c, 200, """{"token":"t0ken"}"""));
        await store.FailAsync(reference, "RegistryAuthenticationFailed");
        Assert.InRange(other.Count("/token"), 1, 4);
    }

    [Fact]
    public async Task ForbiddenIsAccessDenied()
    {
        registry.Before = async c =>
        {
            await FakeRegistry.TextAsync(c, 403, """{"errors":[{"code":"DENIED","message":"not for you"}]}""");
            return true;
        };
        Assert.Contains("not for you", (await store.FailAsync(reference, "RegistryAccessDenied")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RedirectCarriesNoCredentialsToAnotherHost()
    {
        Demand("Basic realm=\"r\"", userBasic);
        string digest = TestImage.DigestOf(image.Layers[0]);
        registry.Route($"/v2/team/x/blobs/{digest}", c => RedirectAsync(c, $"http://127.0.0.1:{other.Port}/storage?signature=1"));
        other.Route("/storage", c => FakeRegistry.RespondAsync(c, c.Request.Headers["Authorization"] is null ? 200 : 400, image.Layers[0], null));
        Assert.Equal(image.Id, (await store.PullAsync(reference, user)).Id);
        Assert.All(other.Requests, r => Assert.Null(r.Authorization));
    }

    [Fact]
    public async Task RedirectOnTheSameHostKeepsCredentials()
    {
        Demand("Basic realm=\"r\"", userBasic);
        registry.Route("/v2/team/x/manifests/1", c => RedirectAsync(c, "/v2/team/x/manifests/2"));
        registry.AddManifest("team/x", "2", image.Manifest, MediaTypes.OciManifest);
        Assert.Equal(image.Id, (await store.PullAsync(reference, user)).Id);
    }

    [Fact]
    public async Task ChallengeOfAnotherHostIsNotAnswered()
    {
        Demand("Basic realm=\"r\"", userBasic);
        registry.Route($"/v2/team/x/blobs/{image.Id}", c => RedirectAsync(c, $"http://127.0.0.1:{other.Port}/storage"));
        other.Route("/storage", c =>
        {
            c.Response.Headers["WWW-Authenticate"] = "Basic realm=\"mine\"";
            return FakeRegistry.TextAsync(c, 401, "");
        });
        await store.FailAsync(reference, "RegistryAuthenticationFailed", user);
        Assert.All(other.Requests, r => Assert.Null(r.Authorization));
    }

    [Fact]
    public async Task InsecureRedirectIsNotFollowed()
    {
        registry.Route("/v2/team/x/manifests/1", c => RedirectAsync(c, "http://example.com/x"));
        await store.FailAsync(reference, "RegistryRedirectInsecure");
    }

    [Fact]
    public async Task RedirectsEnd()
    {
        registry.Route("/v2/team/x/manifests/1", c => RedirectAsync(c, "/v2/team/x/manifests/1"));
        await store.FailAsync(reference, "RegistryRedirectLoop");
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task ErrorsThatPassAreWaitedOut(int status)
    {
        int failures = 0;
        registry.Before = async c =>
        {
            if (c.Request.Url!.AbsolutePath == "/v2/" || ++failures % 3 == 0)
            {
                return false;
            }

            c.Response.Headers["Retry-After"] = "0";
            await FakeRegistry.TextAsync(c, status, "");
            return true;
        };
        Assert.Equal(image.Id, (await store.PullAsync(reference)).Id);
    }

    [Theory]
    [InlineData(500, "RegistryFailed")]
    [InlineData(429, "RegistryRateLimited")]
    public async Task ErrorsThatStayAreReported(int status, string errorId)
    {
        registry.Before = async c =>
        {
            await FakeRegistry.TextAsync(c, status, """{"errors":[{"code":"X","message":"sorry"}]}""");
            return true;
        };
        Assert.Contains("sorry", (await store.FailAsync(reference, errorId)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DockerLoginIsFound()
    {
        string file = Path.Combine(store.Scratch, "config.json");
        string auth = Convert.ToBase64String(Encoding.UTF8.GetBytes("user:pass:wörd"));
        File.WriteAllText(file, $$$"""
            {"auths":{"localhost:5000":{"auth":"{{{auth}}}"},"https://index.docker.io/v1/":{"username":"hub","password":"p"},"quay.io":{"auth":"!!"},
             "quay.io/team":{"auth":"{{{auth}}}"},"empty.io":{},"token.io":{"identitytoken":"r"}},"HttpHeaders":{"a":"b"}}
            """);
        Assert.Equal(user, await DockerCredentials.FindInAsync(file, ImageReference.Parse("localhost:5000/x"), default));
        Assert.Equal(new RegistryCredential("hub", "p"), await DockerCredentials.FindInAsync(file, ImageReference.Parse("debian"), default));
        Assert.Equal(user, await DockerCredentials.FindInAsync(file, ImageReference.Parse("quay.io/team/x"), default));
        Assert.Null(await DockerCredentials.FindInAsync(file, ImageReference.Parse("quay.io/teamx/x"), default));
        Assert.Null(await DockerCredentials.FindInAsync(file, ImageReference.Parse("empty.io/x"), default));
        Assert.Equal("r", (await DockerCredentials.FindInAsync(file, ImageReference.Parse("token.io/x"), default))!.IdentityToken);
        Assert.Null(await DockerCredentials.FindInAsync(file, ImageReference.Parse("localhost:5001/x"), default));
        Assert.Equal("user", user.ToString());

        File.WriteAllText(file, "not json");
        Assert.Equal("CredentialFileInvalid", (await Assert.ThrowsAsync<Engine.ContainerToolsException>(() => DockerCredentials.FindInAsync(file, ImageReference.Parse("x"), default))).ErrorId);
    }

    private static Task RedirectAsync(HttpListenerContext context, string location)
    {
        context.Response.Headers["Location"] = location;
        return FakeRegistry.TextAsync(context, 307, "");
    }

    private void Demand(string challenge, string authorization) => registry.Before = async context =>
    {
        if (context.Request.Headers["Authorization"] == authorization)
        {
            return false;
        }

        context.Response.Headers["WWW-Authenticate"] = challenge;
        await FakeRegistry.TextAsync(context, 401, """{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}""");
        return true;
    };
}
