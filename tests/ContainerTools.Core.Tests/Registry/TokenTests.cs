using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;
using ContainerTools.Core.Tests.Support;
using ContainerTools.Engine;
using ContainerTools.Oci;
using ContainerTools.TestSupport;

namespace ContainerTools.Core.Tests.Registry;

/// <summary>docker-registry with a token server.</summary>
public sealed class TokenTests : IDisposable
{
    private static readonly RegistryCredential writer = new("writer", "secret");

    private readonly StoreFixture store = new();
    private readonly TokenServer tokens = new();
    private readonly TestRegistry registry;
    private readonly Image image;

    public TokenTests()
    {
        registry = new TestRegistry(tokens: tokens);
        using var from = new FakeRegistry();
        image = store.PullAsync(from.Add("x", "1", TestImage.Create(100_000, "a", "b"))).GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        registry.Dispose();
        tokens.Dispose();
        store.Dispose();
    }

    [Fact]
    public async Task WhoMayPushesAndOthersAreTold()
    {
        var destination = ImageReference.Parse(registry.Reference("team/x:1"));
        await FailAsync(destination, null, "RegistryAuthenticationFailed");
        Assert.Contains("by 'reader'", (await FailAsync(destination, new RegistryCredential("reader", "secret"), "RegistryAccessDenied")).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-word", (await FailAsync(destination, new RegistryCredential("writer", "wrong-word"), "RegistryAuthenticationFailed")).ToString(), StringComparison.Ordinal);

        tokens.Scopes.Clear();
        await PushAsync(destination, writer);
        Assert.Equal("repository:team/x:pull,push", Assert.Single(tokens.Scopes));
        Tools.Skopeo("inspect", "--tls-verify=false", $"docker://{destination}").Succeeded();
        Assert.DoesNotContain("Basic", registry.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LayersAreMountedByATokenForBothRepositories()
    {
        await store.Images.PullAsync(await PushedAsync("team/x:1"), new PullOptions(), null, default);
        tokens.Scopes.Clear();
        var pushed = await PushAsync(ImageReference.Parse(registry.Reference("other/y:1")), writer);
        Assert.Equal(image.Manifest.Layers.Sum(static l => l.Size), pushed.MountedSize);
        Assert.Contains("repository:team/x:pull", tokens.Scopes);
    }

    [Fact]
    public async Task TokensThatSoonExpireAreRenewed()
    {
        tokens.Lifetime = 1;
        await PushedAsync("team/x:1");
        Assert.False(tokens.Scopes.IsEmpty);
    }

    [Fact]
    public async Task ALoginIsTriedWithoutARepository()
    {
        using var good = new RegistryClient(registry.Host, writer);
        Assert.True(await good.CheckLoginAsync(default));
        using var bad = new RegistryClient(registry.Host, new RegistryCredential("writer", "wrong-word"));
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => bad.CheckLoginAsync(default));
        Assert.Equal("RegistryAuthenticationFailed", error.ErrorId);
        Assert.DoesNotContain("wrong-word", error.ToString(), StringComparison.Ordinal);
    }

    private async Task<ImageReference> PushedAsync(string name)
    {
        var destination = ImageReference.Parse(registry.Reference(name));
        await PushAsync(destination, writer);
        return destination;
    }

    private Task<PublishedImage> PushAsync(ImageReference destination, RegistryCredential? credential) =>
        store.Images.PushAsync(image, destination, new PushOptions { Credential = credential }, null, default);

    private async Task<ContainerToolsException> FailAsync(ImageReference destination, RegistryCredential? credential, string errorId)
    {
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => PushAsync(destination, credential));
        Assert.True(errorId == error.ErrorId, $"{error.ErrorId}: {error.Message}\n{error.InnerException}");
        return error;
    }
}
