using ContainerTools.Engine.Users;

namespace ContainerTools.Engine.Tests.Users;

public class UserResolverTests
{
    private const string Passwd = "root:x:0:0:root:/root:/bin/sh\n# comment\napp:x:1000:1001:App:/home/app:/bin/sh\n1234:x:77:78::/odd:/bin/sh\nbroken\n";
    private const string Group = "root:x:0:\napp:x:1001:\nvideo:x:44:app,other\naudio:x:29:other,app\n";

    [Theory]
    [InlineData("", 0, 0, "/root", "0")]
    [InlineData("root", 0, 0, "/root", "0")]
    [InlineData("app", 1000, 1001, "/home/app", "29,44,1001")]
    [InlineData("1000", 1000, 1001, "/home/app", "29,44,1001")]
    [InlineData("app:video", 1000, 44, "/home/app", "44")]
    [InlineData("app:5", 1000, 5, "/home/app", "5")]
    [InlineData("4711", 4711, 0, "/", "0")]
    [InlineData("4711:4712", 4711, 4712, "/", "4712")]
    [InlineData(":44", 0, 44, "/root", "44")]
    [InlineData("1234", 77, 78, "/odd", "78")]
    public void AUserIsFoundAsTheContainerSeesIt(string user, uint userId, uint groupId, string home, string groups)
    {
        var found = UserResolver.Resolve(user, [], Read);
        Assert.Equal((userId, groupId, home, groups), (found.UserId, found.GroupId, found.Home, string.Join(',', found.AdditionalGroups)));
    }

    [Fact]
    public void GroupsAreAddedByNameAndNumber() =>
        Assert.Equal([0u, 29u, 44u, 4711u], UserResolver.Resolve("4711", ["audio", "4711", "video"], Read).AdditionalGroups);

    [Theory]
    [InlineData("nobody", "UserNotFound")]
    [InlineData("app:nogroup", "GroupNotFound")]
    [InlineData("4294967295", "UserNotFound")]
    [InlineData("-1", "UserNotFound")]
    public void AnUnknownNameIsAnError(string user, string errorId) =>
        Assert.Equal(errorId, Assert.Throws<ContainerToolsException>(() => UserResolver.Resolve(user, [], Read)).ErrorId);

    [Fact]
    public void AnImageWithoutFilesHasNumbersOnly()
    {
        Assert.Equal(5u, UserResolver.Resolve("5:6", [], _ => null).UserId);
        Assert.Equal("UserNotFound", Assert.Throws<ContainerToolsException>(() => UserResolver.Resolve("root", [], _ => null)).ErrorId);
    }

    private static string? Read(string path) => path switch
    {
        "/etc/passwd" => Passwd,
        "/etc/group" => Group,
        _ => null,
    };
}
