using System.Text;
using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;
using ContainerTools.Core.Tests.Support;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Tests.Registry;

/// <summary>Pushing to registries that break, refuse or lie.</summary>
public sealed partial class UploadTests : IDisposable
{
    private const int LayerSize = 2 << 20;

    private static readonly RegistryCredential user = new("user", "pass-word");
    private static readonly string userBasic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("user:pass-word"));

    private readonly UploadRegistry registry = new();
    private readonly FakeRegistry other = new();
    private readonly StoreFixture store = new();
    private readonly Image image;
    private readonly ImageReference destination;

    public UploadTests()
    {
        using var from = new FakeRegistry();
        image = store.PullAsync(from.Add("x", "1", TestImage.Create(LayerSize, "a"))).GetAwaiter().GetResult();
        destination = registry.Reference("team/x:1");
    }

    private Digest Layer => image.Manifest.Layers[0].Digest;

    public void Dispose()
    {
        registry.Dispose();
        other.Dispose();
        store.Dispose();
    }

    [Fact]
    public async Task AnUploadGoesOnWhereItBroke()
    {
        registry.Breaks.Enqueue(1_500_000);
        await PushAsync();
        var bodies = registry.Bodies.Where(static b => b.Length > 10_000 || b.Range is not null).ToList();
        Assert.Equal(["PUT", "PATCH"], bodies.Select(static b => b.Method));
        Assert.StartsWith("1500000-", bodies[1].Range, StringComparison.Ordinal);
        AssertPushed();
    }

    [Fact]
    public async Task AnUploadThatTheRegistryForgotStartsAgain()
    {
        registry.Remembers = false;
        registry.Breaks.Enqueue(1_500_000);
        registry.Breaks.Enqueue(500_000);
        await PushAsync();
        Assert.Equal(3, registry.Bodies.Count(static b => b.Length > LayerSize));
        AssertPushed();
    }

    [Fact]
    public async Task ChunksGoOnWhereTheyBroke()
    {
        registry.Breaks.Enqueue(200_000);
        await PushAsync(new PushOptions { ChunkSize = 1 << 20 });
        Assert.Contains(registry.Bodies, static b => b.Range == "200000-1248575");
        Assert.All(registry.Bodies, static b => Assert.InRange(b.Length, 0, 1 << 20));
        AssertPushed();
    }

    [Fact]
    public async Task ABrokenConnectionGoesOnWhereItBroke()
    {
        using var proxy = new CuttingProxy(registry.Registry.Port, 1_000_000);
        await store.Images.PushAsync(image, ImageReference.Parse($"localhost:{proxy.Port}/team/x:1"), new PushOptions(), null, default);
        Assert.Equal(1, proxy.Cuts);
        Assert.Contains(registry.Bodies, static b => b.Method == "PATCH" && b.Range is not null);
        AssertPushed();
    }

    [Fact]
    public async Task AnUploadThatAlwaysFailsIsAnError()
    {
        for (int i = 0; i < 20; i++)
        {
            registry.Breaks.Enqueue(10_000);
        }

        await FailAsync("RegistryFailed");
        Assert.Empty(registry.Manifests);
    }

    [Fact]
    public async Task WhatIsTooLargeAtOnceGoesInChunks()
    {
        registry.MaxBody = 300_000;
        await PushAsync();
        AssertPushed();
        registry.Blobs.Clear();
        registry.MaxBody = 1000;
        Assert.Contains("at once", (await FailAsync("RegistryBodyTooLarge")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARegistryThatSaysAnotherDigestIsNotBelieved()
    {
        registry.Lie = image.Digest.ToString();
        await FailAsync("RegistryDigestMismatch");
        Assert.Empty(registry.Manifests);
        registry.Lie = null;
        registry.ManifestLie = Layer.ToString();
        Assert.Equal(ErrorKind.InvalidData, (await FailAsync("RegistryDigestMismatch")).Kind);
    }

    [Theory]
    [InlineData(401, "RegistryAuthenticationFailed")]
    [InlineData(403, "RegistryAccessDenied")]
    [InlineData(404, "RegistryRepositoryNotFound")]
    [InlineData(405, "RegistryReadOnly")]
    [InlineData(429, "RegistryRateLimited")]
    [InlineData(500, "RegistryFailed")]
    public async Task RefusalsAreExplained(int status, string errorId)
    {
        registry.First = async c =>
        {
            if (c.Request.HttpMethod is "GET" or "HEAD")
            {
                return false;
            }

            await FakeRegistry.TextAsync(c, status, """{"errors":[{"code":"X","message":"not today"}]}""");
            return true;
        };
        Assert.Contains("not today", (await FailAsync(errorId)).Message, StringComparison.Ordinal);
        Assert.Empty(registry.Manifests);
        Assert.Empty(Engine.Store.Lease.ActiveKeys(store.Paths));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(429)]
    public async Task ErrorsThatPassAreWaitedOut(int status)
    {
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        registry.First = async c =>
        {
            string request = c.Request.HttpMethod + c.Request.Url!.AbsolutePath.Split('/')[2];
            if (c.Request.Url.AbsolutePath == "/v2/" || !seen.TryAdd(request, true))
            {
                return false;
            }

            c.Response.Headers["Retry-After"] = "0";
            await FakeRegistry.TextAsync(c, status, "");
            return true;
        };
        await PushAsync();
        AssertPushed();
    }

    [Fact]
    public async Task ARegistryThatForbidsToLookMayBePushedTo()
    {
        registry.First = async c =>
        {
            if (c.Request.HttpMethod == "HEAD")
            {
                await FakeRegistry.RespondAsync(c, 403, [], null);
                return true;
            }

            return false;
        };
        await PushAsync();
        AssertPushed();
    }

    [Fact]
    public async Task ARefusedPasswordIsTriedOnce()
    {
        registry.First = async c =>
        {
            c.Response.Headers["WWW-Authenticate"] = "Basic realm=\"r\"";
            await FakeRegistry.TextAsync(c, c.Request.Url!.AbsolutePath == "/v2/" ? 200 : 401, "");
            return true;
        };
        await FailAsync("RegistryAuthenticationFailed", new PushOptions { Credential = user });
        Assert.Single(registry.Registry.Requests, static r => r.Authorization is not null);
    }

    [Fact]
    public async Task AManifestThatTheRegistryDoesNotTakeIsExplained()
    {
        registry.First = async c =>
        {
            if (c.Request.HttpMethod != "PUT" || !c.Request.Url!.AbsolutePath.Contains("/manifests/", StringComparison.Ordinal))
            {
                return false;
            }

            await FakeRegistry.TextAsync(c, 400, """{"errors":[{"code":"MANIFEST_INVALID","message":"old fashioned"}]}""");
            return true;
        };
        Assert.Contains("old fashioned", (await FailAsync("RegistryManifestRefused")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DataGoesToNoInsecurePlace()
    {
        registry.UploadHost = "http://example.com";
        await FailAsync("RegistryRedirectInsecure");
    }

    [Fact]
    public async Task APushCanBeStopped()
    {
        using var stop = new CancellationTokenSource();
        registry.First = async c =>
        {
            if (c.Request.HttpMethod == "POST")
            {
                await stop.CancelAsync();
            }

            return false;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.Images.PushAsync(image, destination, new PushOptions(), null, stop.Token));
        Assert.Empty(Engine.Store.Lease.ActiveKeys(store.Paths));
    }

    [Theory]
    [InlineData("repository:a:pull", null, "repository:a:pull")]
    [InlineData("repository:a:pull", "repository:b:pull", "repository:b:pull")]
    [InlineData("repository:a:pull,push", "repository:a:pull", "repository:a:pull,push")]
    [InlineData("repository:a:pull,push", "repository:a:delete repository:b:pull", "repository:a:pull,push,delete repository:b:pull")]
    public void ScopesAreCombined(string own, string? asked, string expected) => Assert.Equal(expected, TokenScope.Combine(own, asked));

    private Task<PublishedImage> PushAsync(PushOptions? options = null) => store.Images.PushAsync(image, destination, options ?? new PushOptions(), null, default);

    private async Task<ContainerToolsException> FailAsync(string errorId, PushOptions? options = null)
    {
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => PushAsync(options));
        Assert.True(errorId == error.ErrorId, $"{error.ErrorId}: {error.Message}\n{error.InnerException}");
        return error;
    }

    private void AssertPushed()
    {
        Assert.Equal(TestImage.DigestOf(registry.Blobs[Layer.ToString()]), Layer.ToString());
        Assert.Equal(image.Digest.ToString(), TestImage.DigestOf(registry.Manifests["/v2/team/x/manifests/1"]));
        Assert.Contains(image.Id, registry.Blobs.Keys);
    }
}
